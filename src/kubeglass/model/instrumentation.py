"""The environment in which Python instruments a Flask application from outside, on a laptop and in an image alike."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePath

import kubeglass

#: Switches the instrumentation on.
INSTRUMENT_VARIABLE = "KUBEGLASS_INSTRUMENT"
#: Names the folder that several workers share their metrics in; prometheus_client reads it too.
METRICS_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
#: What the names of the library's HTTP metrics begin with.
METRICS_PREFIX_VARIABLE = "KUBEGLASS_METRICS_PREFIX"


def instrumented(environment: Mapping[str, str], package: PurePath = Path(kubeglass.__file__).parent) -> dict[str, str]:
    """Add to ``environment`` what instruments the application, whatever its code does.

    Args:
        environment: the process's environment.
        package: the folder of the kubeglass package that the process will find.
    """
    # Holds a sitecustomize, which Python runs before the application: https://docs.python.org/3/library/site.html
    paths = [str(package / "instrument" / "auto"), environment.get("PYTHONPATH", "")]
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, paths)), INSTRUMENT_VARIABLE: "1"}
