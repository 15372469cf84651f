"""Whose keys are known."""

from __future__ import annotations

from tools.collector_schemas.modules import CONTRIB, CORE

#: The components of our own distribution, and those of the official ones that users of it configure most.
MODULES = (
    f"{CONTRIB}/extension/healthcheckextension",
    f"{CONTRIB}/extension/storage/filestorage",
    f"{CONTRIB}/extension/basicauthextension",
    f"{CONTRIB}/extension/bearertokenauthextension",
    f"{CORE}/receiver/otlpreceiver",
    f"{CONTRIB}/receiver/prometheusreceiver",
    f"{CONTRIB}/receiver/hostmetricsreceiver",
    f"{CONTRIB}/receiver/kubeletstatsreceiver",
    f"{CONTRIB}/receiver/filelogreceiver",
    f"{CORE}/processor/batchprocessor",
    f"{CORE}/processor/memorylimiterprocessor",
    f"{CONTRIB}/processor/k8sattributesprocessor",
    f"{CONTRIB}/processor/resourceprocessor",
    f"{CONTRIB}/processor/transformprocessor",
    f"{CONTRIB}/processor/filterprocessor",
    f"{CONTRIB}/processor/attributesprocessor",
    f"{CORE}/exporter/debugexporter",
    f"{CORE}/exporter/otlpexporter",
    f"{CORE}/exporter/otlphttpexporter",
    f"{CONTRIB}/exporter/prometheusexporter",
    f"{CONTRIB}/exporter/prometheusremotewriteexporter",
    f"{CORE}/connector/forwardconnector",
    f"{CONTRIB}/connector/countconnector",
    f"{CONTRIB}/connector/spanmetricsconnector",
)
