"""Runs an app under gunicorn: ``python -m kubeglass.supervise.app.server_process ARGUMENTS``.

It takes gunicorn's arguments, and reads the user's ``gunicorn.conf.py`` and ``GUNICORN_CMD_ARGS`` at the start and on
SIGHUP. Some settings for production do not work here, and cannot be overridden by arguments.
"""

from __future__ import annotations

import os

from gunicorn.app.wsgiapp import WSGIApplication  # type: ignore[import-untyped]

#: Set if the workers must import the app again on SIGHUP.
WATCH_VARIABLE = "KUBEGLASS_WATCH"


class Server(WSGIApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn without the settings that kubeglass cannot supervise."""

    def load_config(self) -> None:
        """Read the configuration, at the start and on SIGHUP."""
        super().load_config()
        # A daemon leaves its process group, and can be neither watched nor stopped.
        self.cfg.set("daemon", False)
        if WATCH_VARIABLE in os.environ:
            # Workers would inherit the code that the master imported.
            self.cfg.set("preload_app", False)


def main() -> None:
    """Serve until stopped."""
    Server("%(prog)s [OPTIONS] [APP_MODULE]", prog="gunicorn").run()


if __name__ == "__main__":
    main()
