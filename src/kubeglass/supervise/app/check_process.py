"""Tries an app in a process of its own: imports it, calls its factory, and reports the result.

Run as ``python -P check_process.py package.module:app REPORT`` in the app's environment. A crash or an endless import
cannot harm the caller. Only the standard library is imported before the app.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

#: Last lines of a traceback that are reported.
TRACEBACK_LINES = 8

#: ``environ`` and ``start_response``; ``scope``, ``receive`` and ``send``.
WSGI_PARAMETERS = 2
ASGI_PARAMETERS = 3


class UnfitError(Exception):
    """The app cannot be run; carries the report."""

    def __init__(self, wrong: str, *, hint: str = "", details: tuple[str, ...] = ()) -> None:
        self.report: dict[str, object] = {"wrong": wrong, "hint": hint, "details": list(details)}
        super().__init__(wrong)


def check_app(spec: str) -> Any:
    """Import or create the app that ``spec`` names, and return the Flask application that it is or wraps.

    Raises:
        UnfitError: it cannot be imported or created, or contains no Flask application.
    """
    module_name, _, expression = spec.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    module = _import(module_name)
    name, arguments = _parse(expression)
    found = _find(module, name)
    if arguments is not None:
        found = _attempt(lambda: found(*arguments[0], **arguments[1]), f"{expression} fails")
    return _find_flask(found, module_name, expression, called=arguments is not None)


def _import(name: str) -> ModuleType:
    def run() -> ModuleType:
        __import__(name)
        return sys.modules[name]

    try:
        module: ModuleType = _attempt(run, "does not import")
    except UnfitError as unfit:
        cause = unfit.__cause__
        if isinstance(cause, ModuleNotFoundError) and cause.name and f"{name}.".startswith(f"{cause.name}."):
            hint = "run kubeglass in the folder that holds it, or install it into this Python environment"
            raise UnfitError(f"there is no module '{cause.name}'", hint=hint) from None
        raise
    return module


def _attempt(action: Callable[[], Any], failing: str) -> Any:
    try:
        return action()
    except SystemExit as error:
        raise UnfitError(f"{failing}: it ends the process (exit code {error.code!r})", details=_last_lines()) from error
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise UnfitError(f"{failing} ({type(error).__name__}: {reason})", details=_last_lines()) from error


def _last_lines() -> tuple[str, ...]:
    """Return the innermost frames of the app's own code, and the error."""
    kind, error, trace = sys.exc_info()
    frames = [frame for frame in traceback.extract_tb(trace) if not _is_ours(frame.filename)]
    lines = "".join([*traceback.format_list(frames[-3:]), *traceback.format_exception_only(kind, error)])
    return tuple(lines.rstrip().splitlines()[-TRACEBACK_LINES:])


def _is_ours(filename: str) -> bool:
    return filename == __file__ or filename.startswith("<frozen importlib")


def _parse(expression: str) -> tuple[str, tuple[list[Any], dict[str, Any]] | None]:
    """Split ``name`` or ``name(literals)``, already validated, as gunicorn does."""
    node = ast.parse(expression, mode="eval").body
    if not isinstance(node, ast.Call):
        return expression, None
    keywords = {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg}
    return ast.unparse(node.func), ([ast.literal_eval(value) for value in node.args], keywords)


def _find(module: ModuleType, name: str) -> Any:
    try:
        return getattr(module, name)
    except AttributeError:
        apps = [key for key, value in vars(module).items() if _is_flask(value)]
        hint = f"did you mean {module.__name__}:{apps[0]}?" if apps else "name the Flask application it holds"
        raise UnfitError(f"module '{module.__name__}' has no '{name}'", hint=hint) from None


def _find_flask(found: Any, module: str, expression: str, *, called: bool) -> Any:
    if _is_flask(found):
        return found
    kind, parameters = type(found).__name__, _count_parameters(found)
    # A wrapper, such as a dispatcher or a proxy fix, may keep the Flask application in any attribute.
    inside = [each for each in gc.get_objects() if _is_flask(each)] if parameters == WSGI_PARAMETERS else []
    if inside:
        return next((app for app in inside if "kubeglass" in app.extensions), inside[0])
    if parameters == ASGI_PARAMETERS:
        wrong = f"'{expression}' is an ASGI application, and gunicorn serves WSGI (found: {kind})"
        hint = f"start it with: kubeglass run uvicorn {module}:{expression}, and watch it with: kubeglass up --target"
        raise UnfitError(wrong, hint=hint)
    callable_hint = f"if it makes the application, write {module}:{expression}()"
    hint = callable_hint if callable(found) and not called else "name the Flask application itself"
    raise UnfitError(f"'{expression}' is not a Flask application (found: {kind})", hint=hint)


def _count_parameters(found: Any) -> int:
    """Count the required parameters; 0 for a class and for what cannot be called."""
    if not callable(found) or inspect.isclass(found):
        return 0
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return 0
    named = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.kind in named and each.default is inspect.Parameter.empty for each in parameters)


def _is_flask(value: Any) -> bool:
    # Not imported here: an app that never imports Flask cannot be a Flask application.
    flask = sys.modules.get("flask")
    return flask is not None and isinstance(value, flask.Flask)


def find_metrics_prefix(app: Any) -> str:
    """Instrument the app as in the run, and return the prefix of its HTTP metrics.

    Raises:
        UnfitError: it cannot be instrumented.
    """
    # By name, and only now: the library belongs in the app's process, which this one stands in for.
    library = importlib.import_module("kubeglass.flask")
    try:
        return str((app.extensions.get(library.EXTENSION) or library.instrument_from_outside(app)).prefix)
    except library.InstrumentationError as error:
        raise UnfitError(str(error)) from error


def main(spec: str, report: str) -> NoReturn:
    """Write the report as JSON and exit: what is wrong, or the prefix of its metrics."""
    found: dict[str, object] = {}
    try:
        found["metrics_prefix"] = find_metrics_prefix(check_app(spec))
    except UnfitError as unfit:
        found = unfit.report
    Path(report).write_text(json.dumps(found))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    # Python would wait for threads that the app started.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
