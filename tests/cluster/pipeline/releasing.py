"""Applies objects that no definition renders, in the test cluster's network, as ``kubeglass deploy`` does.

Run as ``python -m tests.cluster.pipeline.releasing NAMESPACE FORCE`` with a list of objects in JSON on standard input.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from kubeglass.cli.boundary import run_command_line
from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import labels_for, sort_for_apply
from kubeglass.deploy.release.apply import Applied
from kubeglass.deploy.release.rehearsal import check, rehearse_all
from kubeglass.deploy.release.secret_data import stamp_secrets
from kubeglass.deploy.release.steps import Taking
from kubeglass.deploy.rollout.wait import Clock
from tests.cluster.bed import cluster as bed
from tests.cluster.bed.layout import REPOSITORY

TIMEOUT_S = 20


def release(cluster: bed.Cluster, namespace: str, objects: Sequence[dict[str, Any]], *, force: bool = False) -> str:
    """Try ``objects``, then apply them to ``namespace``, without a wait; return what was said, errors included."""
    command = [sys.executable, "-m", __name__, namespace, str(force)]
    ours = [{**item, "metadata": {"labels": labels_for(namespace), **item["metadata"]}} for item in objects]
    result = cluster.run(command, stdin=json.dumps(ours), cwd=REPOSITORY, check=False)
    return result.stdout + result.stderr


def _tell(applied: Applied) -> None:
    print(applied.key, applied.change.value, applied.detail)


def _main(**_: object) -> None:
    objects, force = json.load(sys.stdin), sys.argv[2] == "True"
    with Cluster.connect() as cluster:
        stamped, about_secrets = stamp_secrets(cluster, sort_for_apply(objects), pipeline=sys.argv[1])
        steps = [*rehearse_all(cluster, stamped, pipeline=sys.argv[1], force=force), *about_secrets]
        check(steps)
        taking = Taking(cluster, sys.argv[1], force=force, timeout=TIMEOUT_S, clock=Clock(), tell=_tell)
        for step in steps:
            taking.take(step)


if __name__ == "__main__":
    sys.exit(run_command_line(_main))
