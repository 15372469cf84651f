"""A strict check of a collector's configuration, key by key, for a given version.

``otelcol validate`` accepts deprecated names, durations without a unit (``10`` is ten nanoseconds) and, from 0.160 on,
some misspelt keys (open-telemetry/opentelemetry-collector#15907); this does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from kubeglass.model.problem import Problem
from kubeglass.schemas.versions import KINDS, Changes, load_changes, load_version

SECTIONS = (*KINDS, "service")
PIPELINE_KEYS = ("receivers", "processors", "exporters")
SERVICE_KEYS = ("extensions", "pipelines", "telemetry")


def check_config(document: Mapping[str, Any], version: str) -> list[Problem]:
    """Find everything in ``document`` that collector ``version`` does not accept.

    Args:
        document: the configuration as plain data, ``${env:…}`` unexpanded.
        version: such as ``0.155.0``; the newest known version that is not newer is taken.

    Raises:
        ConfigError: the version is older than any known one, or is not a version.
    """
    data, changes = load_version(version), load_changes(version)
    problems = list(_unknown_keys(document, SECTIONS, (), changes))
    for kind in KINDS:
        problems += _require_mapping(document.get(kind), (kind,), "each component's settings below its id")
        for name, settings in _mapping(document.get(kind)).items():
            problems += _check_component(kind, str(name), settings, data["components"][kind], changes)
    problems += _require_mapping(document.get("service"), ("service",), "'pipelines', 'extensions' and 'telemetry'")
    problems += _check_service(_mapping(document.get("service")), document, data["telemetry"], changes)
    return problems


def _check_component(
    kind: str, name: str, settings: Any, known: Mapping[str, Any], changes: Changes
) -> Iterator[Problem]:
    type_ = name.partition("/")[0]
    current = changes.renamed.get((kind, type_), type_)
    # A rename is known even for components that are not.
    if type_ not in known and current != type_:
        hint = f"write '{name.replace(type_, current, 1)}'"
        yield Problem((kind, name), f"is the deprecated name of '{current}'", hint=hint)
    elif (kind, type_) in changes.removed:
        yield Problem((kind, name), "was removed from the collector", hint=changes.removed[kind, type_])
    elif type_ not in known:
        yield Problem((kind, name), "is not a known component", hint=_closest(type_, known))
    if current in known:
        yield from _check_tree(settings, known[current]["config"], (kind, name), f"{kind}.{current}", changes)


def _check_tree(value: Any, tree: Any, path: tuple[str, ...], canonical: str, changes: Changes) -> Iterator[Problem]:
    """Compare ``value`` with the keys it may have; ``canonical`` is its path without the component's own name."""
    if tree == "duration":
        if isinstance(value, int | float) and not isinstance(value, bool) and value != 0:
            yield Problem(path, f"has no unit and means {value} nanoseconds", hint=f"write '{value}s'")
    elif isinstance(tree, dict) and "keys" in tree and isinstance(value, Mapping):
        yield from _unknown_keys(value, tree["keys"], path, changes, canonical)
        for key, child in value.items():
            known = tree["keys"].get(key, True)
            yield from _check_tree(child, known, (*path, str(key)), f"{canonical}.{key}", changes)
    elif isinstance(tree, dict) and "map" in tree and isinstance(value, Mapping):
        for key, child in value.items():
            yield from _check_tree(child, tree["map"], (*path, str(key)), f"{canonical}.*", changes)
    elif isinstance(tree, dict) and "list" in tree and isinstance(value, list | tuple):
        for index, child in enumerate(value):
            yield from _check_tree(child, tree["list"], (*path, str(index)), f"{canonical}.*", changes)


def _unknown_keys(
    value: Mapping[str, Any], known: Any, path: tuple[str, ...], changes: Changes, canonical: str = ""
) -> Iterator[Problem]:
    for key in value:
        if key not in known:
            instead = changes.removed_keys.get(f"{canonical}.{key}")
            if instead:
                yield Problem((*path, str(key)), "was removed from the collector", hint=instead)
            else:
                yield Problem((*path, str(key)), "is not a known key here", hint=_closest(str(key), known))


def _check_service(
    service: Mapping[str, Any], document: Mapping[str, Any], telemetry: Any, changes: Changes
) -> Iterator[Problem]:
    yield from _unknown_keys(service, SERVICE_KEYS, ("service",), changes, "service")
    path = ("service", "telemetry")
    yield from _check_tree(service.get("telemetry"), telemetry, path, "service.telemetry", changes)
    yield from _undefined(service.get("extensions"), document, "extensions", ("service", "extensions"))
    yield from _require_mapping(service.get("pipelines"), ("service", "pipelines"), "each pipeline below its name")
    for name, pipeline in _mapping(service.get("pipelines")).items():
        here = ("service", "pipelines", str(name))
        yield from _require_mapping(pipeline, here, "'receivers', 'processors' and 'exporters'")
        yield from _unknown_keys(_mapping(pipeline), PIPELINE_KEYS, here, changes)
        for kind in PIPELINE_KEYS:
            yield from _undefined(_mapping(pipeline).get(kind), document, kind, (*here, kind))


def _undefined(names: Any, document: Mapping[str, Any], kind: str, path: tuple[str, ...]) -> Iterator[Problem]:
    if names is not None and not isinstance(names, list | tuple):
        yield Problem(path, "must be a list", hint=f"write '[{names}]'" if isinstance(names, str) else "")
        return
    connectors = {} if kind in {"extensions", "processors"} else _mapping(document.get("connectors"))
    defined = {**_mapping(document.get(kind)), **connectors}
    for name in names or ():
        if name not in defined:
            yield Problem((*path, str(name)), f"is not configured under '{kind}'", hint=_closest(str(name), defined))


def _require_mapping(value: Any, path: tuple[str, ...], contents: str) -> Iterator[Problem]:
    if value is not None and not isinstance(value, Mapping):
        yield Problem(path, "must be a mapping", hint=f"write {contents}")


def _closest(word: str, known: Any) -> str:
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
