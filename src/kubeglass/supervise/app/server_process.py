"""Runs an application under gunicorn as a program of its own.

``python -m kubeglass.supervise.app.server_process ARGUMENTS`` takes gunicorn's own arguments and reads the user's
``gunicorn.conf.py`` and ``GUNICORN_CMD_ARGS``, at the start and on SIGHUP. What is right in production may be wrong
here, and no argument takes it back.
"""

from __future__ import annotations

import os

from gunicorn.app.wsgiapp import WSGIApplication  # type: ignore[import-untyped]

#: Set when the workers must import the application again on SIGHUP.
WATCH_VARIABLE = "KUBEGLASS_WATCH"


class Server(WSGIApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn without the settings that would take it out of kubeglass's hands."""

    def load_config(self) -> None:
        """Read the configuration, at the start and on SIGHUP."""
        super().load_config()
        # A server that has left its process group can be neither watched nor ended.
        self.cfg.set("daemon", False)
        if WATCH_VARIABLE in os.environ:
            # Workers would inherit the code that the master imported once.
            self.cfg.set("preload_app", False)


def main() -> None:
    """Serve until told to stop."""
    Server("%(prog)s [OPTIONS] [APP_MODULE]", prog="gunicorn").run()


if __name__ == "__main__":
    main()
