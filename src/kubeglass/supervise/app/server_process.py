"""Runs an application under gunicorn as a program of its own, always in the foreground.

``python -m kubeglass.supervise.app.server_process ARGUMENTS`` takes gunicorn's own arguments and reads the user's
``gunicorn.conf.py`` and ``GUNICORN_CMD_ARGS``. One made for production may say ``daemon = True``, which no argument
takes back; a server that has left its group can be neither looked after nor ended.
"""

from __future__ import annotations

from gunicorn.app.wsgiapp import WSGIApplication  # type: ignore[import-untyped]


def main() -> None:
    """Serve until told to stop."""
    server = WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]", prog="gunicorn")
    server.cfg.set("daemon", False)
    server.run()


if __name__ == "__main__":
    main()
