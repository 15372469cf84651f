"""What ``kubeglass init`` writes: a commented kubeglass.yaml, and its JSON Schema for editors."""

from __future__ import annotations

import json
from typing import Any

from kubeglass.model.duration import format_duration
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.text import Name

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def build_schema() -> dict[str, Any]:
    """Build the schema of a whole file."""
    schema = Pipeline.model_json_schema(mode="validation")
    _tidy(schema)
    for key in schema["properties"].values():
        if "$ref" in key:
            # A section whose every key is commented out is empty, and means its defaults.
            key["anyOf"] = [{"$ref": key.pop("$ref")}, {"type": "null"}]
    return {"$schema": DIALECT, **schema, "title": "kubeglass.yaml"}


def write_schema() -> str:
    """Write the schema as text, the same bytes for the same model."""
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"


def _tidy(node: Any) -> None:
    """Remove what pydantic adds: titles that repeat the key, and bounds in seconds on text such as 15s."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        if node.get("type") == "string":
            for bound in ("minimum", "maximum", "ge", "le"):
                node.pop(bound, None)
            if isinstance(node.get("default"), float):
                node["default"] = format_duration(node["default"])
        for child in node.values():
            _tidy(child)
    elif isinstance(node, list):
        for child in node:
            _tidy(child)


#: Name of the schema's file, beside the definition.
SCHEMA_FILE = "kubeglass.schema.json"

_FOUND = """\
apps:
  - name: {name}
    module: {module}
"""
_NOT_FOUND = """\
# No Flask application was found in the usual places. Name yours, or one that runs already.
apps: []
#  - name: my-app
#    module: my_package:app        # or a factory: my_package:create_app()
#  - name: other
#    target: 127.0.0.1:8000        # it exposes its metrics itself
"""
_REST = """\
#    workers: 2                    # gunicorn processes
#    threads: 1                    # in each worker
#    port: 8000
#    metrics_path: /metrics
#    env: {{LOG_LEVEL: info}}
#    secret_env: {{DATABASE_URL: {{env: DATABASE_URL, secret: {{name: shop, key: url}}}}}}
#    image: registry.example.org/shop:1.0   # on the cluster; else `kubeglass images build` makes one
#    node_port: 30080              # on every node, 30000 to 32767
#    replicas: 2                   # or by load: `autoscale: {{max: 6, cpu: 70%}}` in its place
#    resources: {{requests: {{cpu: 100m, memory: 128Mi}}, limits: {{memory: 256Mi}}}}
"""
_SECTIONS = """\

scrape:
#  interval: 5s

# Service level objectives; an alert fires when the error budget is spent too fast.
objectives: []
#  - app: {name}
#    availability: 99.9%
#    latency: {{threshold: 250ms, target: 99%}}
#    window: 30d

alerts:
#  error_ratio: 5%
#  latency: 1s                     # 99th percentile
#  hold: 5m                        # how long it must last
#  down_after: 1m

collector:
#  host_metrics: {{enabled: true}}   # CPU, memory, disk and network of the machine
#  kubelet: {{enabled: true, interval: 15s, groups: [node, pod, container]}}
#  queue: {{size: 1GB}}              # kept on disk while the storage cannot be reached

storage:
#  retention: {{time: 15d, size: 5GB}}
#  remote:                         # a second place for every metric: Mimir, VictoriaMetrics, a vendor
#    url: https://mimir.example.org/otlp
#    auth: {{bearer: {{env: MIMIR_TOKEN, secret: {{name: mimir, key: token}}}}}}

dashboards:
#  folders: [dashboards]           # Grafana JSON of your own
#  refresh: 5s

cluster:
#  namespace: observability
#  storage_class: local-path
#  images: {{source: local}}         # those of `kubeglass images build`, for a cluster without a registry
#  grafana: {{enabled: true, node_port: 30030}}
#  security: {{pod_security: restricted, network_policy: true}}
"""


def write_template(module: str | None, name: Name) -> str:
    """Return a definition that sets only the apps and has everything else as comments.

    Args:
        module: the application's module, or None if it is not known.
        name: the application's name.
    """
    head = (
        f"# yaml-language-server: $schema={SCHEMA_FILE}\n"
        "# What kubeglass watches, and where it goes. Everything commented out is a default or an example.\n"
    )
    apps = _NOT_FOUND if module is None else (_FOUND + _REST).format(name=name, module=module)
    return head + apps + _SECTIONS.format(name=name)
