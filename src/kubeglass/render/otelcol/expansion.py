"""What the collector would expand in its configuration: ``${env:NAME}``, and any ``$`` that is not doubled."""

from __future__ import annotations


def literal(text: str) -> str:
    """Keep the collector from expanding a ``$`` that is meant as one."""
    return text.replace("$", "$$")
