"""Which port of a pod is scraped, and as which container: relabelling rules for Prometheus's discovery of pods.

Discovery makes one target of each port that a container declares, and one of each container that declares none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: Beginning of discovery's labels of a pod.
META = "__meta_kubernetes_pod_"
_PORT_NAME = f"{META}container_port_name"
_PORT_NUMBER = f"{META}container_port_number"

#: What Prometheus's own metrics and those of most exporters call their port.
METRICS_PORTS = r"(?:.+-)?(?:metrics?|prom|prometheus|telemetry|monitoring)(?:-.+)?"
#: Ports that speak something else than HTTP, so nobody annotates them: databases, caches, queues, mail, SSH and DNS.
OTHER_NUMBERS = "22|25|53|1433|1521|2181|3306|4222|5432|5672|6379|6432|9042|9092|11211|27017"
OTHER_NAMES = "amqp|dns.*|grpc|kafka|memcached?|mongo.*|mysql|pg.*|postgres.*|redis|smtp|ssh"


def annotation(name: str) -> str:
    """Discovery's label of the annotation ``prometheus.io/NAME``."""
    return f"{META}annotation_prometheus_io_{name}"


def choose_port() -> list[dict[str, Any]]:
    """Keep the port that ``prometheus.io/port`` gives by name or number, or without it those that speak metrics.

    A port by name or none given is always that of its container. A number that no container declares is scraped too,
    and as rules see one target at a time, each container's targets lead there: equal targets become one, which is named
    after the last container. So what certainly speaks something else is left out first.
    """
    port, name, number = annotation("port"), _PORT_NAME, _PORT_NUMBER
    other = f"(?:(?:{OTHER_NAMES});.*|;(?:{OTHER_NUMBERS}))"
    return [
        relabel("keep", [port, f"{META}container_port_protocol", name], regex=f".+;.*;.*|;TCP;(?:{METRICS_PORTS})?"),
        relabel("drop", [port, name, number], regex=f";;(?:{OTHER_NUMBERS})"),
        *_require_equal(name, [port], regex="(.*[A-Za-z].*)"),
        *_require_equal(number, [port, name, number], regex=rf"(\d+);{other}"),
        relabel(
            "replace",
            ["__address__", port],
            regex=r"(\[.+\]|[^:]+)(?::\d+)?;(\d+)",
            replacement="$$1:$$2",
            target_label="__address__",
        ),
    ]


def keep_own(pipeline: str, label: str, manager: str) -> list[dict[str, Any]]:
    """Drop the pods of kubeglass's other pipelines, which only their own collector may connect to.

    Args:
        pipeline: the value of ``label`` in this pipeline's pods.
        label: the pods' label that names their pipeline.
        manager: the pods' label whose value is ``kubeglass`` if kubeglass made them.
    """
    made = [f"{META}label_{sanitize(manager)}", f"{META}label_{sanitize(label)}"]
    return [
        relabel("replace", [], replacement=pipeline, target_label="__tmp_pipeline"),
        relabel("replace", made, regex="kubeglass;(.+)", target_label="__tmp_pipeline"),
        relabel("keep", ["__tmp_pipeline"], regex=pipeline),
    ]


#: Left over, they would make two targets of equal ones.
FORGET = {"action": "labeldrop", "regex": "__tmp_.+"}


def relabel(action: str, source_labels: Sequence[str], **rest: str) -> dict[str, Any]:
    """One rule; ``$$`` in its replacement escapes ``$``, which the collector would expand."""
    return {"action": action, "source_labels": list(source_labels), **rest}


def _require_equal(label: str, sources: Sequence[str], *, regex: str) -> list[dict[str, Any]]:
    """Where ``regex`` matches ``sources``, keep the target only if ``label`` is the first group of the match."""
    # A regular expression cannot compare two labels.
    wanted = "__tmp_wanted"
    return [
        relabel("replace", [label], target_label=wanted),
        relabel("replace", sources, regex=regex, target_label=wanted),
        relabel("keepequal", [label], target_label=wanted),
    ]


def sanitize(label: str) -> str:
    """Write a label as discovery does: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#pod."""
    return "".join(character if character.isalnum() else "_" for character in label)
