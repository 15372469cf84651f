"""Words of the user's inside PromQL and inside Prometheus's templates, so that they stay words."""

from __future__ import annotations


def promql_text(text: str) -> str:
    """Write a string literal: https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def template_text(text: str) -> str:
    """Keep Prometheus from expanding ``{{`` that is meant as such; labels and annotations are templates of Go's.

    https://pkg.go.dev/text/template#hdr-Text_and_spaces
    """
    return text.replace("{{", '{{"{{"}}')
