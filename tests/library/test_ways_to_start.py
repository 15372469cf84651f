"""The documented ways to start gunicorn and uWSGI: each gives totals of all workers."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from kubeglass.catalog import PROBE_PATH
from tests.library.conftest import StartGunicorn
from tests.library.server import KINDS, MODELS, Gunicorn, Uwsgi, all_at_once

PAGES = Path(__file__).parents[2] / "docs" / "library"
RUN = (sys.executable, "-m", "kubeglass", "run")


@pytest.fixture(scope="module")
def from_outside(start_shared: StartGunicorn) -> dict[str, Gunicorn]:
    """``kubeglass run gunicorn`` with an application that knows nothing of it, by worker model."""
    return {
        model: start_shared(
            f"{model}-run",
            *options,
            "--workers=2",
            command=(*RUN, "gunicorn"),
            environment={"KUBEGLASS_INSTRUMENT": "1"},
        )
        for model, options in MODELS.items()
    }


@pytest.mark.parametrize("model", MODELS)
def test_the_command_instruments_an_application_that_knows_nothing_of_it(
    from_outside: dict[str, Gunicorn], model: str
) -> None:
    server = from_outside[model]
    server.wait()

    server.send(20)
    for _ in range(3):
        server.get(PROBE_PATH)

    assert server.answered() == 20
    assert server.scrape().total("sold_things_total") == 20
    assert server.scrape().total("kubeglass_probe_requests_total") == 3
    assert server.scrape().total("http_requests_total") == 20


def documented_line() -> str:
    """Return the line of the documentation for ``gunicorn.conf.py``."""
    [line] = re.findall(r"^raw_env = .*$", (PAGES / "gunicorn.md").read_text(encoding="utf-8"), re.M)
    return str(line)


@pytest.fixture(scope="module")
def configured(start_shared: StartGunicorn, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Gunicorn]:
    """Servers that have their folder from the documented line alone, with and without preload."""
    servers = {}
    for kind in ("sync", "sync-preload"):
        folder = tmp_path_factory.mktemp("configured")
        file, shared = folder / "gunicorn.conf.py", folder / "shared"
        file.write_text(documented_line().replace("/run/shop/metrics", str(shared)))
        shared.mkdir()
        options = (*KINDS[kind], "--workers=2", f"--config={file}")
        servers[kind] = start_shared(f"{kind}-conf", *options, environment={"PROMETHEUS_MULTIPROC_DIR": ""})
    return servers


@pytest.mark.parametrize("kind", ["sync", "sync-preload"])
def test_the_documented_line_of_gunicorns_configuration_is_enough(configured: dict[str, Gunicorn], kind: str) -> None:
    server = configured[kind]
    server.wait()

    server.send(20)

    assert server.answered() == 20
    assert server.scrape().total("sold_things_total") == 20
    assert server.files() == []
    assert "each shows its own metrics only" not in server.log.read_text()


@pytest.mark.parametrize("options", [(), ("--lazy-apps",)], ids=["master", "lazy"])
def test_the_command_instruments_an_application_under_uwsgi(start: StartGunicorn, options: tuple[str, ...]) -> None:
    environment = {"KUBEGLASS_INSTRUMENT": "1", "PROMETHEUS_MULTIPROC_DIR": ""}
    server = start("run", "--processes=2", *options, server=Uwsgi, command=(*RUN, "uwsgi"), environment=environment)
    server.wait()
    server.wait_for_workers(2)

    all_at_once(lambda _: server.send(5), range(4))

    assert server.answered() == 20
    assert server.scrape().total("sold_things_total") == 20


def test_the_documented_configuration_of_uwsgi_is_enough(start: StartGunicorn, tmp_path: Path) -> None:
    [text] = re.findall(r"```ini\n(.*?)```", (PAGES / "uwsgi.md").read_text(encoding="utf-8"), re.S)
    shared = tmp_path / "shared"
    shared.mkdir()
    file = tmp_path / "uwsgi.ini"
    file.write_text(text.replace("/run/shop/metrics", str(shared)).replace("shop:app", "application:app"))
    server = start("documented", f"--ini={file}", server=Uwsgi, environment={"PROMETHEUS_MULTIPROC_DIR": ""})
    server.wait()
    server.wait_for_workers(4)

    all_at_once(lambda _: server.send(5), range(4))

    assert server.answered() == 20
    assert server.scrape().total("sold_things_total") == 20
    assert server.files() == []
