"""Instrument Flask applications from outside, without a change to their code.

With this folder in ``PYTHONPATH`` and ``KUBEGLASS_INSTRUMENT=1``, Python calls :func:`begin` at startup. It watches for
the import of Flask, and instruments each application at its first request unless the application did so itself. A
program that never imports Flask pays for one entry in ``sys.meta_path``.
"""

from __future__ import annotations

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
    from collections.abc import Iterable, Sequence

SWITCH = "KUBEGLASS_INSTRUMENT"
WATCHED = "flask.app"
EXTENSION = "kubeglass"
LIBRARY = "kubeglass.flask"

logger = logging.getLogger("kubeglass.instrument")

_lock = threading.Lock()


class FlaskFinder:
    """Lets the other finders find Flask, and notices when its module was executed."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find ``flask.app`` as the finders after this one would; leave every other module to them."""
        if name != WATCHED:
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
            watch_applications(module.Flask)

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


@functools.cache
def begin() -> None:
    """Watch for the import of Flask if the environment asks for it; a second call does nothing."""
    if os.environ.get(SWITCH) != "1":
        return
    flask = sys.modules.get(WATCHED)
    if flask is None:
        sys.meta_path.insert(0, FlaskFinder())
    else:
        watch_applications(flask.Flask)
