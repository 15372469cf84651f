"""The last words of a process: the error and the app's own frames, not the server's; and where an import hangs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kubeglass.deploy.causes.log_excerpt import LINES_SHOWN, excerpt_log, find_hangs

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


#: Two workers, as ``faulthandler.dump_traceback_later`` writes it; a thread of a library is listed before the main one.
DUMP = """\
[INFO] Booting worker with pid: 7
Timeout (0:00:15.400000)!
Thread 0x00007f1c2a (most recent call first):
  File "/venv/lib/python3.11/site-packages/redis/pool.py", line 12 in wait
  File "/usr/lib/python3.11/threading.py", line 982 in run
Thread 0x00007f1c2b (most recent call first):
  File "/usr/lib/python3.11/socket.py", line 836 in create_connection
  File "/app/shop/orders.py", line 12 in connect
  File "/app/shop/__init__.py", line 3 in <module>
  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed
  File "/venv/lib/python3.11/site-packages/gunicorn/app/base.py", line 66 in wsgi
[INFO] what follows
""".splitlines()


def test_a_dump_shows_where_in_the_apps_own_code_it_hangs() -> None:
    assert find_hangs(DUMP) == ["/app/shop/orders.py:12"]


def test_an_ordinary_traceback_is_no_hang() -> None:
    assert find_hangs(LOG) == []
