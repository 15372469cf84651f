"""The three formats a scrape can ask for, as far as they differ."""

from __future__ import annotations

from dataclasses import dataclass

from kubeglass.instrument.exposition.labels import plain_name

#: Metric types that only OpenMetrics knows, and what the text formats call them.
TEXT_TYPES = {"info": "gauge", "stateset": "gauge", "gaugehistogram": "histogram", "unknown": "untyped"}

#: What the text formats add to a family's name, since their families are named like their samples.
TEXT_SUFFIXES = {"counter": "_total", "info": "_info"}

#: Samples that the text formats have no place for inside a family: they follow it as gauges.
SEPARATE_SUFFIXES = ("_created", "_gcount", "_gsum")


@dataclass(frozen=True, slots=True)
class Format:
    """One exposition format.

    Args:
        content_type: what the answer says it is.
        is_open: whether it is OpenMetrics, with exemplars, units and an end mark.
    """

    content_type: str
    is_open: bool = False

    def head(self, name: str, type_name: str, documentation: str, unit: str = "") -> str:
        """Write the lines that begin a family.

        Args:
            name: the family's name as OpenMetrics knows it: a counter's without ``_total``.
            type_name: its type as OpenMetrics knows it.
            documentation: its help.
            unit: its base unit, or empty.
        """
        help_text = documentation.replace("\\", "\\\\").replace("\n", "\\n")
        if not self.is_open:
            name += TEXT_SUFFIXES.get(type_name, "")
            type_name = TEXT_TYPES.get(type_name, type_name)
        else:
            help_text = help_text.replace('"', '\\"')
        name = plain_name(name)
        unit_line = f"# UNIT {name} {unit}\n" if unit and self.is_open else ""
        return f"# HELP {name} {help_text}\n# TYPE {name} {type_name}\n{unit_line}"

    @property
    def end(self) -> str:
        """What closes the answer."""
        return "# EOF\n" if self.is_open else ""


TEXT_0_0_4 = Format("text/plain; version=0.0.4; charset=utf-8")
TEXT_1_0_0 = Format("text/plain; version=1.0.0; charset=utf-8; escaping=underscores")
OPEN_METRICS = Format("application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores", is_open=True)
