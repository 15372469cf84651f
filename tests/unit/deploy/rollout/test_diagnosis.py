"""Causes are found without waiting; the last words of a process are the error and the app's own frames."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.rollout.diagnosis import LINES_SHOWN, excerpt_log, find_causes
from tests.unit.deploy.fake_cluster import FakeCluster, make_pod, put_deployment

LOG = """\
[1] [INFO] Starting gunicorn
Traceback (most recent call last):
  File "/venv/lib/python3.11/site-packages/gunicorn/util.py", line 370, in import_app
    mod = importlib.import_module(module)
          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "<frozen importlib._bootstrap>", line 1204, in _gcd_import
  File "/app/shop/__init__.py", line 3, in <module>
    import missing
ModuleNotFoundError: No module named 'missing'

[1] [ERROR] Worker failed to boot.
""".splitlines()


def test_frames_of_the_server_are_left_out_and_those_of_the_app_are_kept() -> None:
    assert excerpt_log(LOG) == [
        "[1] [INFO] Starting gunicorn",
        "Traceback (most recent call last):",
        '  File "/app/shop/__init__.py", line 3, in <module>',
        "    import missing",
        "ModuleNotFoundError: No module named 'missing'",
        "[1] [ERROR] Worker failed to boot.",
    ]


@given(st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)))
def test_a_log_without_tracebacks_keeps_its_end(lines: list[str]) -> None:
    assert excerpt_log(lines) == lines[-LINES_SHOWN:]


def test_each_workload_that_cannot_become_ready_has_its_cause_without_waiting() -> None:
    cluster = FakeCluster()
    ready, stuck = put_deployment(cluster, "ready", ready=1), put_deployment(cluster, "stuck")
    waiting = {"waiting": {"reason": "InvalidImageName", "message": "bad name"}}
    cluster.put(make_pod("stuck-1", app="stuck", state=waiting))
    late = put_deployment(cluster, "late")
    progressing = {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    cluster.objects[late]["status"]["conditions"] = [progressing]

    causes = find_causes(cluster, [ready, stuck, late, ObjectKey("v1", "ConfigMap", "rules", "shop")])

    assert {key.name: cause.message for key, cause in causes.items()} == {
        "stuck": "pod stuck-1, container app: InvalidImageName: bad name",
        "late": "timed out",
    }
