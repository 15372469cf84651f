"""Every fault, the longest first, so that the others fit beside it."""

from __future__ import annotations

from faults.app_faults import APP_FAULTS
from faults.disk_faults import DISK_FAULTS
from faults.engine_faults import ENGINE_FAULTS

FAULTS = (*ENGINE_FAULTS, *APP_FAULTS, *DISK_FAULTS)
