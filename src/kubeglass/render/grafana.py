"""Grafana: provisioning files, settings, and the dashboards' JSON."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from kubeglass.dashboards.registry import DASHBOARDS, choose_dashboards
from kubeglass.model.duration import format_duration
from kubeglass.model.local import LocalSettings
from kubeglass.model.parts import DATASOURCE_NAME, DATASOURCE_TYPE, DATASOURCE_UID, LOOPBACK
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.files import RenderedFile
from kubeglass.render.yaml import dump_yaml

FOLDER = PurePosixPath("grafana/provisioning")
DATASOURCE_PATH = FOLDER / "datasources" / "prometheus.yaml"
PROVIDER_PATH = FOLDER / "dashboards" / "kubeglass.yaml"
#: Folders without which Grafana logs an error at every start, with a file that provisions nothing:
#: https://grafana.com/docs/grafana/latest/administration/provisioning/
EMPTY_PATHS = (FOLDER / "plugins" / "kubeglass.yaml", FOLDER / "alerting" / "kubeglass.yaml")
ENVIRONMENT_PATH = PurePosixPath("grafana/grafana.env")
DASHBOARDS_FOLDER = PurePosixPath("dashboards")

ENVIRONMENT_HEADER = """\
# Rendered by kubeglass; edit kubeglass.yaml instead, a change here is lost.
# Settings for a Grafana on this machine, one NAME=value a line, as systemd and container runtimes read them.
# Run it as the user who owns this folder: nobody else may read it.
"""


def render(pipeline: Pipeline, settings: LocalSettings) -> list[RenderedFile]:
    """Render provisioning for a Grafana on this machine, which kubeglass does not start."""
    url = settings.url(settings.ports.prometheus)
    dashboards = settings.root / DASHBOARDS_FOLDER
    chosen = choose_dashboards(pipeline, on_cluster=False)
    home = str(dashboards / f"{chosen[0]}.json") if chosen else ""
    environment = {"GF_SERVER_HTTP_ADDR": LOOPBACK} | grafana_settings(
        str(settings.root / FOLDER), home, anonymous=True
    )
    lines = "".join(f"{name}={value}\n" for name, value in environment.items())
    return [
        RenderedFile(DATASOURCE_PATH, dump_yaml(describe_datasource(url, pipeline.scrape.interval))),
        RenderedFile(PROVIDER_PATH, dump_yaml(describe_provider(str(dashboards)))),
        *(RenderedFile(path, dump_yaml({"apiVersion": 1})) for path in EMPTY_PATHS),
        RenderedFile(ENVIRONMENT_PATH, ENVIRONMENT_HEADER + lines),
    ]


def describe_datasource(url: str, scrape_interval: float) -> dict[str, Any]:
    """Describe the one data source.

    Args:
        url: address of Prometheus as Grafana's server reaches it.
        scrape_interval: seconds; Grafana's smallest step, and the base of its rate interval.
    """
    datasource = {
        "name": DATASOURCE_NAME,
        "uid": DATASOURCE_UID,
        "type": DATASOURCE_TYPE,
        "access": "proxy",
        "url": url,
        "isDefault": True,
        "editable": False,
        "jsonData": {
            "httpMethod": "POST",
            "prometheusType": "Prometheus",
            "timeInterval": format_duration(scrape_interval),
        },
    }
    return {"apiVersion": 1, "prune": True, "datasources": [datasource]}


def describe_provider(folder: str) -> dict[str, Any]:
    """Describe where Grafana finds the dashboards; it rereads them every ten seconds.

    Args:
        folder: path of the JSON files as Grafana's server sees them.
    """
    provider = {
        "name": "kubeglass",
        "orgId": 1,
        "folder": "kubeglass",
        # Otherwise it is random in each new database, and links to the folder break.
        "folderUid": "kubeglass",
        "type": "file",
        "disableDeletion": False,
        "updateIntervalSeconds": 10,
        "allowUiUpdates": False,
        "options": {"path": folder, "foldersFromFilesStructure": False},
    }
    return {"apiVersion": 1, "providers": [provider]}


def grafana_settings(provisioning: str, home_dashboard: str, *, anonymous: bool) -> dict[str, str]:
    """Return Grafana's settings; nothing calls home.

    Args:
        provisioning: path of the provisioning folder as Grafana's server sees it.
        home_dashboard: path of the first dashboard to show; empty for Grafana's own start page.
        anonymous: whether users who have not signed in may view, and not edit.
    """
    home = {"GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": home_dashboard} if home_dashboard else {}
    return home | {
        "GF_PATHS_PROVISIONING": provisioning,
        "GF_AUTH_ANONYMOUS_ENABLED": str(anonymous).lower(),
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_USERS_ALLOW_SIGN_UP": "false",
        "GF_DASHBOARDS_MIN_REFRESH_INTERVAL": "1s",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_NEWS_NEWS_FEED_ENABLED": "false",
        # Otherwise it downloads newer plugins at every start; where it cannot write them, the data source is missing:
        # https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#plugins
        "GF_PLUGINS_PREINSTALL_DISABLED": "true",
        "GF_PLUGINS_PREINSTALL_AUTO_UPDATE": "false",
        "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
        "GF_SECURITY_DISABLE_GRAVATAR": "true",
    }


def render_local_dashboards(pipeline: Pipeline, _settings: LocalSettings) -> list[RenderedFile]:
    """Render the dashboards of a local run."""
    return render_dashboards(pipeline, on_cluster=False)


def render_dashboards(pipeline: Pipeline, *, on_cluster: bool = True) -> list[RenderedFile]:
    """Render each chosen dashboard, and the user's own, as ``dashboards/<uid>.json``."""
    chosen = choose_dashboards(pipeline, on_cluster=on_cluster)
    made = [(name.value, encode(DASHBOARDS[name](pipeline))) for name in chosen]
    own = pipeline.dashboards.own.items()
    return [RenderedFile(DASHBOARDS_FOLDER / f"{uid}.json", text) for uid, text in (*made, *own)]


def encode(dashboard: Dashboard) -> str:
    """Encode a dashboard as indented JSON with sorted keys: the same bytes for the same dashboard."""
    return JSONEncoder(indent=2, sort_keys=True, ensure_ascii=False).encode(dashboard) + "\n"
