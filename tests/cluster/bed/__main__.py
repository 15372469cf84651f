"""The test cluster's command line: ``build``, ``up``, ``down``, ``status``, ``import``, ``kubectl``, ``run``, …"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.cluster.bed.failure import BedError
from tests.cluster.bed.layout import NODE_IP, find_layout
from tests.cluster.bed.life import build_cluster, end_cluster, start_cluster
from tests.cluster.bed.namespaces import enter, find_init
from tests.cluster.bed.programs import KUBERNETES, TRAEFIK, build_module


def main(arguments: list[str]) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.bed", description="A real Kubernetes for tests.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("build", help="build what was never built, start nothing")
    up = verbs.add_parser("up", help="start the cluster, building what was never built")
    up.add_argument("--control-plane-only", action="store_true", help="no node but those KWOK pretends")
    verbs.add_parser("down", help="end the cluster and leave nothing behind")
    verbs.add_parser("status", help="say whether it runs")
    imports = verbs.add_parser("import", help="give the node image archives")
    imports.add_argument("archives", nargs="+", type=Path)
    for verb, help_text in (
        ("kubectl", "run kubectl on it"),
        ("run", "run a command in its network"),
        ("during", "run a command beside it, and end it afterwards if it did not run before"),
    ):
        verbs.add_parser(verb, help=help_text).add_argument("words", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    if options.verb == "build":
        build_cluster(find_layout(), (TRAEFIK,))
    elif options.verb == "up":
        _up(control_plane_only=options.control_plane_only)
    elif options.verb == "import":
        for archive in options.archives:
            start_cluster(find_layout()).import_image(archive)
    elif options.verb == "during":
        sys.exit(_during(options.words))
    elif options.verb == "down":
        print("test cluster: ended" if end_cluster(find_layout()) else "test cluster: was not running")
    elif options.verb == "status":
        print(f"test cluster: {'does not run' if find_init(find_layout()) is None else 'runs'}")
    else:
        _replace_with(options.verb, options.words)


def _up(*, control_plane_only: bool) -> None:
    begin = time.monotonic()
    cluster = start_cluster(find_layout(), control_plane_only=control_plane_only)
    print(f"test cluster: up after {time.monotonic() - begin:.1f} s")
    print(f"  node {NODE_IP}, kubeconfig {cluster.kubeconfig} (inside its network)")
    print("  python -m tests.cluster.bed kubectl get pods -A")


def _during(words: list[str]) -> int:
    layout = find_layout()
    was_running = find_init(layout) is not None
    start_cluster(layout)
    try:
        return subprocess.run(words, check=False).returncode
    finally:
        if not was_running:
            end_cluster(layout)


def _replace_with(verb: str, words: list[str]) -> None:
    layout = find_layout()
    pid = find_init(layout)
    if pid is None:
        raise BedError("test cluster: does not run; start it: make cluster-up")
    if verb == "kubectl":
        words = [str(build_module(KUBERNETES, layout.cache) / "kubectl"), *words]
    os.environ["KUBECONFIG"] = str(layout.kubeconfig())
    os.execvp("nsenter", [*enter(pid), *words])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BedError as error:
        sys.exit(f"error: {error}")
