"""What the logs of real programs say about why they are not ready."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.causes.log_causes import HANG_PATIENCE, LOG_ROWS, find_log_cause
from tests.unit.deploy.causes.test_log_excerpt import DUMP
from tests.unit.deploy.fake_cluster import make_pod

WORDS = {
    "exec /usr/bin/python3: exec format error": "its image is for another processor than node n1",
    "OSError: [Errno 30] Read-only file system: '/app/cache.db'": (
        "it writes to /app/cache.db, and its root file system is read-only"
    ),
    "/usr/bin/python3: No module named gunicorn": "its image has no gunicorn",
    "ModuleNotFoundError: No module named 'requests'": "it finds no module requests",
    "gunicorn.errors.AppImportError: Failed to find attribute 'application' in 'shop'.": (
        "module shop has no application"
    ),
    "[ERROR] Connection in use: ('0.0.0.0', 8000)": "its port is already in use",
}
KILLED = [
    "[1] [ERROR] Worker (pid:7) was sent SIGKILL! Perhaps out of memory?",
    "[1] [INFO] Booting worker with pid: 9",
    "[1] [ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?",
]


def make_app(**container: Any) -> dict[str, Any]:
    pod = make_pod()
    pod["spec"] |= {
        "nodeName": "n1",
        "securityContext": {"runAsUser": 1000, "runAsGroup": 1000},
        "volumes": [{"name": "source", "hostPath": {"path": "/home/me/my shop"}}],
    }
    pod["spec"]["containers"] = [
        {
            "name": "app",
            "command": ["python3", "-m", "gunicorn", "--workers=4", "shop:app"],
            "volumeMounts": [{"name": "source", "mountPath": "/app"}],
            **container,
        }
    ]
    return pod


def words(lines: list[str], *, has_ended: bool = True, **container: Any) -> str:
    cause = find_log_cause(make_app(**container), "app", lines, has_ended=has_ended)
    return cause.message if cause else ""


@pytest.mark.parametrize(("line", "expected"), WORDS.items())
def test_what_a_program_says_before_it_ends_is_said_in_plain_words(line: str, expected: str) -> None:
    lines = ["Traceback (most recent call last):", line, "[1] [INFO] Shutting down: Master"]

    assert words(lines) == expected
    # A program that goes on has survived it.
    assert words(lines, has_ended=False) == ""


def test_every_row_has_a_line_here() -> None:
    unused = [row.pattern.pattern for row in LOG_ROWS if not any(map(row.pattern.search, WORDS))]

    assert unused == []


def test_workers_that_the_kernel_kills_are_out_of_memory() -> None:
    limits = {"limits": {"memory": "96Mi"}}

    cause = find_log_cause(make_app(resources=limits), "app", KILLED, has_ended=False)

    assert cause is not None
    assert cause.message == (
        "out of memory: the kernel killed 2 of its workers; all its processes together may use 96Mi"
    )
    assert cause.hint == "raise resources.limits.memory in kubeglass.yaml (now 96Mi), or lower workers (now 4)"


def test_without_a_limit_the_node_is_out_of_memory() -> None:
    assert words(KILLED) == "out of memory: the kernel killed 2 of its workers; node n1 has none left"


def test_one_killed_worker_may_be_replaced() -> None:
    assert words(KILLED[:1], has_ended=False) == ""


def test_workers_that_gunicorn_itself_gave_up_are_not_out_of_memory() -> None:
    assert words([*KILLED, "[1] [CRITICAL] WORKER TIMEOUT (pid:9)"], has_ended=False) == ""


@pytest.mark.parametrize(("has_ended", "patience"), [(False, HANG_PATIENCE), (True, 0)])
def test_an_import_that_hangs_is_named_once_it_had_time_or_was_given_up(has_ended: bool, patience: float) -> None:
    cause = find_log_cause(make_app(), "app", DUMP, has_ended=has_ended)

    assert cause is not None
    assert cause.message == "the app does not finish importing: it hangs at /app/shop/orders.py:12"
    assert cause.patience == patience


DENIED = "PermissionError: [Errno 13] Permission denied: '/app/shop.py'"


def test_a_file_that_may_not_be_read_is_named_by_its_path_on_the_node_with_the_command() -> None:
    cause = find_log_cause(make_app(), "app", [DENIED], has_ended=True)

    assert cause is not None
    assert cause.message == ("/home/me/my shop/shop.py on node n1 cannot be read by the pod, which runs as 1000:1000")
    assert (
        cause.hint == "on node n1, run: sudo chgrp -R 1000 '/home/me/my shop' && sudo chmod -R g+rX '/home/me/my shop'"
    )


@pytest.mark.parametrize("mounts", [[], [{"name": "source", "mountPath": "/application"}]])
def test_a_file_of_the_image_has_no_such_command(mounts: list[dict[str, str]]) -> None:
    assert words([DENIED], volumeMounts=mounts) == ""


def test_a_module_that_is_missing_may_be_one_that_cannot_be_read() -> None:
    cause = find_log_cause(make_app(), "app", ["ModuleNotFoundError: No module named 'shop.orders'"], has_ended=True)

    assert cause is not None
    assert cause.hint.endswith(
        "; or, if its source has it, on node n1, run: sudo chgrp -R 1000 '/home/me/my shop' &&"
        " sudo chmod -R g+rX '/home/me/my shop'"
    )
