"""What Grafana is given: dashboards, data source, provider, settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kubeglass.dashboards.registry import DASHBOARDS
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.model.pipeline import Pipeline, Scrape
from kubeglass.model.sections.cluster import Cluster, Grafana
from kubeglass.model.sections.dashboards import DashboardName, Dashboards
from kubeglass.render import grafana
from kubeglass.render.kubernetes import manifests
from kubeglass.render.plan import compose, render_local

SETTINGS = LocalSettings(Path("/home/me/project/.kubeglass"), LocalPorts(prometheus=9191))
PIPELINE = Pipeline(scrape=Scrape(interval=2.0))


def content(path: str, pipeline: Pipeline = PIPELINE) -> str:
    (found,) = [file for file in grafana.render(pipeline, SETTINGS) if str(file.path) == path]
    return found.content


def test_data_source_has_the_uid_of_the_panels_and_the_scrape_interval() -> None:
    (source,) = YAML(typ="safe").load(content("grafana/provisioning/datasources/prometheus.yaml"))["datasources"]

    expected = {"httpMethod": "POST", "prometheusType": "Prometheus", "timeInterval": "2s"}

    assert (source["uid"], source["type"], source["access"]) == ("prometheus", "prometheus", "proxy")
    assert source["url"] == "http://127.0.0.1:9191"
    assert source["jsonData"] == expected


def test_provider_reads_the_folder_the_dashboards_are_written_to() -> None:
    (provider,) = YAML(typ="safe").load(content("grafana/provisioning/dashboards/kubeglass.yaml"))["providers"]

    assert provider["type"] == "file"
    assert Path(provider["options"]["path"]) == SETTINGS.root / grafana.DASHBOARDS_FOLDER
    assert provider["allowUiUpdates"] is False
    assert provider["folderUid"] == "kubeglass"


def test_anonymous_users_view_on_this_machine_and_on_a_cluster_only_if_asked() -> None:
    asked = Pipeline(cluster=Cluster(grafana=Grafana(anonymous=True)))

    assert "GF_AUTH_ANONYMOUS_ENABLED=true\n" in content("grafana/grafana.env")
    assert compose(PIPELINE).grafana_environment["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert compose(asked).grafana_environment["GF_AUTH_ANONYMOUS_ENABLED"] == "true"


def test_settings_let_nobody_change_anything_and_stay_on_this_machine() -> None:
    lines = [line for line in content("grafana/grafana.env").splitlines() if not line.startswith("#")]
    values = dict(line.split("=", 1) for line in lines)

    assert values["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert values["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert values["GF_PATHS_PROVISIONING"] == "/home/me/project/.kubeglass/grafana/provisioning"
    assert values["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"].endswith("/dashboards/application-overview.json")
    assert not [name for name in values if "PASSWORD" in name or "SECRET" in name]


def test_settings_keep_grafana_from_calling_home() -> None:
    values = grafana.grafana_settings("/etc/grafana/provisioning", "", anonymous=False)

    for name in ("ANALYTICS_REPORTING_ENABLED", "ANALYTICS_CHECK_FOR_UPDATES", "ANALYTICS_CHECK_FOR_PLUGIN_UPDATES"):
        assert values[f"GF_{name}"] == "false"
    assert values["GF_PLUGINS_PREINSTALL_AUTO_UPDATE"] == "false"
    assert values["GF_PLUGINS_PREINSTALL_DISABLED"] == "true"


def test_home_is_a_dashboard_only_if_there_is_one() -> None:
    assert "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH" not in grafana.grafana_settings("/p", "", anonymous=True)


def test_every_dashboard_of_the_registry_can_be_chosen_and_no_other() -> None:
    assert list(DASHBOARDS) == list(DashboardName)


def test_dashboards_of_the_users_own_go_wherever_kubeglass_s_own_go() -> None:
    own = '{"uid": "mine"}\n'
    pipeline = PIPELINE.model_copy(update={"dashboards": Dashboards().holding({"mine": own})})

    local = {str(file.path): file.content for file in render_local(pipeline, SETTINGS)}
    objects = [item for items in manifests.build(pipeline, compose(pipeline)).values() for item in items]
    maps = [item for item in objects if item["kind"] == "ConfigMap" and "mine.json" in item["data"]]

    assert local["dashboards/mine.json"] == own
    assert [item["metadata"]["name"] for item in maps] == ["grafana-dashboards", "viewer-dashboards"]


@pytest.mark.parametrize("include", [(), (DashboardName.OVERVIEW,)])
def test_chosen_dashboards_are_rendered(include: tuple[DashboardName, ...]) -> None:
    files = grafana.render_dashboards(Pipeline(dashboards=Dashboards(include=include)))

    assert "dashboards/application-overview.json" in [str(file.path) for file in files]


def test_same_pipeline_gives_the_same_bytes() -> None:
    first, second = (grafana.render_local_dashboards(PIPELINE, SETTINGS) for _ in range(2))

    assert first == second


def test_file_is_named_by_the_uid_and_is_a_dashboard_grafana_imports() -> None:
    for file in grafana.render_local_dashboards(PIPELINE, SETTINGS):
        document = json.loads(file.content)

        assert file.path.stem == document["uid"]
        assert document["schemaVersion"] >= 36
        assert file.content.endswith("}\n")


#: https://grafana.com/docs/grafana/latest/administration/provisioning/
PROVISIONED = {
    "datasources": {"apiVersion", "prune", "datasources", "deleteDatasources"},
    "dashboards": {"apiVersion", "providers"},
    "plugins": {"apiVersion", "apps"},
    "alerting": {"apiVersion", "groups", "contactPoints", "policies", "templates", "muteTimes"},
}
DATASOURCE = {"name", "uid", "type", "access", "orgId", "url", "isDefault", "editable", "jsonData", "secureJsonData"}
PROVIDER = {
    "name",
    "orgId",
    "folder",
    "folderUid",
    "type",
    "disableDeletion",
    "updateIntervalSeconds",
    "allowUiUpdates",
    "options",
}


def test_provisioning_files_have_the_documented_format() -> None:
    read = YAML(typ="safe").load
    files = {
        file.path.relative_to(grafana.FOLDER): read(file.content)
        for file in grafana.render(PIPELINE, SETTINGS)
        if file.path.is_relative_to(grafana.FOLDER)
    }

    assert {path.parts[0] for path in files} == set(PROVISIONED)
    for path, document in files.items():
        assert document["apiVersion"] == 1
        assert document.keys() <= PROVISIONED[path.parts[0]], path
    (source,) = files[grafana.DATASOURCE_PATH.relative_to(grafana.FOLDER)]["datasources"]
    (provider,) = files[grafana.PROVIDER_PATH.relative_to(grafana.FOLDER)]["providers"]
    assert source.keys() <= DATASOURCE
    assert provider.keys() <= PROVIDER


def test_on_a_cluster_the_images_own_folders_stay_visible() -> None:
    (deployment,) = [
        item for item in manifests.build(PIPELINE, compose(PIPELINE))["grafana.yaml"] if item["kind"] == "Deployment"
    ]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    mounted = {mount["mountPath"]: mount.get("subPath") for mount in container["volumeMounts"]}

    assert mounted["/etc/grafana/provisioning/datasources"] == "datasources"
    assert mounted["/etc/grafana/provisioning/dashboards"] == "dashboards"
    assert "/etc/grafana/provisioning" not in mounted


def test_a_local_run_is_given_all_of_it() -> None:
    paths = {str(file.path) for file in render_local(PIPELINE, SETTINGS)}

    assert {
        "dashboards/application-overview.json",
        "grafana/grafana.env",
        "grafana/provisioning/dashboards/kubeglass.yaml",
        "grafana/provisioning/datasources/prometheus.yaml",
    } <= paths
