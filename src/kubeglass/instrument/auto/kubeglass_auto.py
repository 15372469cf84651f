"""Instrument Flask applications from outside, without a change to their code.

With this folder in ``PYTHONPATH`` and ``KUBEGLASS_INSTRUMENT=1``, Python calls :func:`begin` at startup. It watches for
the import of Flask, and instruments each application at its first request unless the application did so itself. Under
gunicorn, an import of the application that hangs has its stack written to the log. A program that imports neither pays
for two entries in ``sys.meta_path``.
"""

from __future__ import annotations

import faulthandler
import functools
import importlib
import logging
import os
import sys
import threading
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SWITCH = "KUBEGLASS_INSTRUMENT"
EXTENSION = "kubeglass"
LIBRARY = "kubeglass.flask"
#: Seconds after which an import is taken to hang, and after which its stack is written again. gunicorn itself gives an
#: import no time limit: its ``timeout`` begins with the worker's main loop.
HANGING_SECONDS = 15

logger = logging.getLogger("kubeglass.instrument")

_lock = threading.Lock()


class Finder:
    """Lets the other finders find one module, and calls ``then`` with it when it was executed."""

    def __init__(self, name: str, then: Callable[[Any], None]) -> None:
        self.name, self.then = name, then

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the module as the finders after this one would; leave every other module to them."""
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        found = (finder.find_spec(name, path, target) for finder in sys.meta_path)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and spec.loader is not None:
            self._watch(spec.loader)
        return spec

    def _watch(self, loader: Any) -> None:
        run = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            self.then(module)

        loader.exec_module = exec_module


def watch_applications(flask_class: Any) -> None:
    """Instrument each application of this class at its first request; until then it may do so itself, with options.

    A request comes through ``__call__``, or through a ``wsgi_app`` that ``ProxyFix(app.wsgi_app)``, a dispatcher or
    Connexion 3 took earlier.
    """
    begin, call, inside = flask_class.__init__, flask_class.__call__, flask_class.wsgi_app

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807  # it becomes Flask's own
        begin(self, *args, **kwargs)
        with suppress(ImportError):  # now, rather than in the first request
            importlib.import_module(LIBRARY)

    def __call__(self: Any, environ: Any, start_response: Any) -> Iterable[bytes]:  # noqa: N807
        if EXTENSION not in self.extensions:
            instrument(self)
        return call(self, environ, start_response)  # type: ignore[no-any-return]

    @functools.wraps(inside)
    def wsgi_app(self: Any, environ: Any, start_response: Any) -> Iterable[bytes]:
        if EXTENSION not in self.extensions:
            instrument(self)
        instrumentation, unmeasured = self.extensions[EXTENSION], inside.__get__(self)
        if instrumentation is None:
            return unmeasured(environ, start_response)  # type: ignore[no-any-return]
        return instrumentation.respond(unmeasured, environ, start_response)  # type: ignore[no-any-return]

    wsgi_app.unmeasured = inside  # type: ignore[attr-defined]
    flask_class.__init__, flask_class.__call__, flask_class.wsgi_app = __init__, __call__, wsgi_app


def instrument(app: Any) -> None:
    """Instrument one application; a failure is logged and never raised into the application."""
    with _lock:
        if EXTENSION in app.extensions:
            return
        try:
            importlib.import_module(LIBRARY).instrument_from_outside(app)
        except ImportError as error:
            logger.warning("kubeglass: %r is not instrumented: %s; install kubeglass beside it", app.name, error)
        except Exception as error:  # noqa: BLE001  # the application comes first, whatever went wrong
            logger.warning("kubeglass: %r is not instrumented: %s", app.name, error)
        app.extensions.setdefault(EXTENSION, None)


def watch_import(server_application: Any) -> None:
    """Have gunicorn write where the application's import hangs, in a worker or with ``preload_app``."""
    load = server_application.wsgi

    @functools.wraps(load)
    def wsgi(self: Any) -> Any:
        if self.callable is not None:
            return load(self)
        with suppress(Exception):  # a standard error that is no file
            # Workers that started together would write into each other's lines.
            faulthandler.dump_traceback_later(HANGING_SECONDS + os.getpid() % 10 / 5, repeat=True)
        try:
            return load(self)
        finally:
            faulthandler.cancel_dump_traceback_later()

    server_application.wsgi = wsgi


#: What is done to a module as soon as it was imported.
WATCHED: dict[str, Callable[[Any], None]] = {
    "flask.app": lambda module: watch_applications(module.Flask),
    "gunicorn.app.base": lambda module: watch_import(module.BaseApplication),
}


@functools.cache
def begin() -> None:
    """Watch for the imports of Flask and gunicorn if the environment asks for it; a second call does nothing."""
    if os.environ.get(SWITCH) != "1":
        return
    for name, then in WATCHED.items():
        module = sys.modules.get(name)
        if module is None:
            sys.meta_path.insert(0, Finder(name, then))
        else:
            then(module)
