"""An app is imported in its image before the image counts as built, and what is missing there is named."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from kubeglass.errors import AppError, EngineError
from kubeglass.images.image import PROGRAM_MODE, File, Folder, Image
from kubeglass.images.python.interpreter import inspect_interpreter
from kubeglass.images.python.packages import Environment, advise
from kubeglass.images.python.python_image import PythonImages, list_sources
from kubeglass.images.system import find_libraries
from kubeglass.images.trials import confinement as confinement_module
from kubeglass.images.trials import trial as trial_module
from kubeglass.images.trials.confinement import Confinement, confine
from kubeglass.images.trials.tree import laid_out, write_entry
from kubeglass.images.trials.trial import AppTrial, start_version
from kubeglass.model.sections.app import App

#: Where the packages are, for an interpreter that was started by the loader.
PACKAGES = "import glob, site; [site.addsitedir(p) for p in glob.glob('%s/venv/lib/*/site-packages')]; "
FLASK = "from flask import Flask\napp = Flask(__name__)\n"

Attempt = Callable[..., str]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """An image with Flask and nothing else that is installed here."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "requirements.txt").write_text("flask\n")
    return PythonImages(inspect_interpreter(Path(sys.executable))).build_app(App(module="shop:app"), folder)


@pytest.fixture(scope="module")
def tree(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The image's files, laid out once; what Flask needs is compiled, to save each trial the time."""
    with laid_out(image, tmp_path_factory.mktemp("tree")) as root:
        compiled = Confinement(root, str(root)).run("", ["-c", f"{PACKAGES % root}import flask, gunicorn.util"], {}, 60)
        assert compiled.code == 0, compiled.lines
        yield root


@pytest.fixture
def by_loader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Confine as for users who may not make namespaces."""
    monkeypatch.setattr(trial_module, "confine", lambda root: Confinement(root, str(root)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The app's folder."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "requirements.txt").write_text("flask\n")
    return folder


@pytest.fixture
def attempt(image: Image, tree: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Attempt:
    """Write an app's source, and try the app in the tree."""

    @contextmanager
    def lay_out_source(own: Image, _: Path) -> Iterator[Path]:
        shutil.rmtree(tree / "app")
        (tree / "tmp" / "report.json").unlink(missing_ok=True)
        for entry in own.layers[2]:
            write_entry(entry, tree / entry.path)
        yield tree

    monkeypatch.setattr(trial_module, "laid_out", lay_out_source)
    return partial(_write_and_try, image, folder)


def _write_and_try(image: Image, folder: Path, source: str, module: str = "shop:app", **options: object) -> str:
    (folder / "shop.py").write_text(source)
    app = App.model_validate({"name": "shop", "module": module, **options})
    own = replace(image, layers=(*image.layers[:2], (Folder("app"), *list_sources(folder))))
    environment = Environment(inspect_interpreter(Path(sys.executable)))
    told = partial(advise, folder=folder, environment=environment)
    return AppTrial(app, folder, told).run(own, folder.parent / "scratch")


def test_an_app_that_imports_is_fit_and_nothing_stays_behind(image: Image, folder: Path) -> None:
    assert _write_and_try(image, folder, FLASK) == ""
    assert list((folder.parent / "scratch").iterdir()) == []


@pytest.mark.parametrize(
    ("source", "found", "hint"),
    [
        ("import nosuchpackage\n", "ModuleNotFoundError: No module named 'nosuchpackage'", "add its package to "),
        # Installed on this machine, and not named by the app.
        ("import pytest\n", "ModuleNotFoundError: No module named 'pytest'", "add pytest to "),
        # Inside the factory, and where a library explains a missing one in its own words.
        ("def make():\n    import pytest\n", "ModuleNotFoundError: No module named 'pytest'", "add pytest to "),
        (
            "try:\n    import pytest\nexcept ImportError as error:\n    raise RuntimeError('get it') from error\n",
            "ModuleNotFoundError: No module named 'pytest'",
            "add pytest to ",
        ),
        ("import tkinter\n", "ModuleNotFoundError: No module named 'tkinter'", "images do not have this part"),
        ("import importlib.metadata as m; m.version('pytest')\n", "PackageNotFoundError: No package", "add pytest to"),
        ("from flask import nothing\n", "ImportError: cannot import name 'nothing'", "check the versions"),
        (
            "import ctypes; ctypes.CDLL('libnosuch.so.1')\n",
            "OSError: libnosuch.so.1: cannot open shared",
            "use a wheel",
        ),
        ("open('prices.csv')\n", "FileNotFoundError: ", "put it into "),
        ("open(__file__ + '.csv')\n", "FileNotFoundError: ", "put it into "),
        ("app = = 1\n", "SyntaxError: invalid syntax", "check the versions"),
        ("other = 1\n", "AppImportError: Failed to find attribute 'app'", "correct the app's module"),
    ],
)
def test_what_the_image_lacks_is_refused_with_the_way_out(attempt: Attempt, source: str, found: str, hint: str) -> None:
    module = "shop:make()" if "make" in source else "shop:app"

    with pytest.raises(AppError, match=rf"^app shop: does not import in its image \({re.escape(found)}") as refusal:
        attempt(source, module)

    assert refusal.value.hint.startswith(hint)
    assert not [line for line in refusal.value.details if "bootstrap" in line or ".trial-" in line]


@pytest.mark.parametrize(
    ("source", "end"),
    [
        ("import os; os.environ['SHOP_PASSWORD']\n", "its import ends with KeyError: 'SHOP_PASSWORD'"),
        ("raise ConnectionError('no database')\n", "its import ends with ConnectionError: no database"),
        ("open('/etc/shop/mounted.yaml')\n", "its import ends with FileNotFoundError: "),
        ("import sys; sys.exit('no configuration')\n", "its import ends with SystemExit: no configuration"),
        ("import os; os._exit(3)\n", "it ends the process with exit code 3"),
    ],
)
def test_what_only_a_pod_has_is_not_held_against_the_image(attempt: Attempt, source: str, end: str) -> None:
    assert attempt(source).startswith(f"app shop: not tried to the end: {end}")


def test_an_import_that_comes_later_is_read_ahead(attempt: Attempt, folder: Path) -> None:
    (folder / "views.py").write_text("import flask\n\ndef show():\n    import pytest.mark\n")

    said = attempt(f"import os, views\n{FLASK}")

    assert said.startswith("app shop: views.py:4 imports pytest, which its image does not have; add pytest to ")


def test_imports_behind_a_missing_secret_are_read_ahead(attempt: Attempt) -> None:
    first, second = attempt("import os\nos.environ['PASSWORD']\nimport pytest, mypy\n").splitlines()

    assert first.startswith("app shop: not tried to the end: its import ends with KeyError: 'PASSWORD'")
    assert second.startswith("app shop: shop.py:3 imports mypy, shop.py:3 imports pytest, which its image does")


def test_an_app_gets_its_environment_and_a_placeholder_for_each_secret(attempt: Attempt) -> None:
    source = f"import os\nassert os.environ['RELEASE'] == '7'\nos.environ['SHOP_PASSWORD']\n{FLASK}"

    said = attempt(source, env={"RELEASE": "7"}, secret_env={"SHOP_PASSWORD": {"env": "ABSENT"}})

    assert said == ""


def test_a_crash_is_refused(attempt: Attempt) -> None:
    with pytest.raises(AppError, match=r"app shop: crashes during import in its image \(killed by SIGSEGV\)"):
        attempt("import ctypes; ctypes.string_at(0)\n")


def test_an_endless_import_is_ended_and_said(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_module, "IMPORT_TIMEOUT_SECONDS", 1.0)

    said = attempt("while True: pass\n")

    assert said.startswith("app shop: not tried to the end: it does not finish importing within 1 s")


def test_a_hidden_file_was_not_packed(attempt: Attempt, folder: Path) -> None:
    (folder / ".prices.csv").write_text("")

    with pytest.raises(AppError, match="hidden files and links to folders are not packed"):
        attempt("open('.prices.csv')\n")


def test_a_linked_package_was_not_packed(attempt: Attempt, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / "catalog").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(AppError, match="No module named 'catalog'.*hidden files and links to folders are not packed"):
        attempt("import catalog.prices\n")


@pytest.mark.parametrize(
    ("source", "hint"), [("import pytest\n", "add pytest to "), ("open('a.csv')\n", "put it into ")]
)
def test_without_namespaces_the_same_is_refused(attempt: Attempt, by_loader: None, source: str, hint: str) -> None:
    assert attempt(FLASK) == ""
    with pytest.raises(AppError, match="app shop: does not import in its image") as refusal:
        attempt(source)

    assert refusal.value.hint.startswith(hint)
    assert ".trial-" not in str(refusal.value) + str(refusal.value.details)


LOADS = "import ctypes; ctypes.CDLL('libstdc++.so.6')\n"


def test_a_library_of_this_machine_is_not_one_of_the_image(attempt: Attempt) -> None:
    """The C++ library is on every machine with a compiler, and Flask needs none."""
    with pytest.raises(AppError, match=r"does not import in its image \(OSError: libstdc") as refusal:
        attempt(LOADS + FLASK)

    assert refusal.value.hint.startswith("use a wheel that contains it")


def test_without_namespaces_a_library_of_this_machine_is_noticed(attempt: Attempt, by_loader: None) -> None:
    with pytest.raises(AppError, match=r"loads libraries that its image does not have \(.*libstdc"):
        attempt(LOADS + FLASK)


def test_an_import_reaches_neither_this_machine_s_files_nor_its_network(attempt: Attempt) -> None:
    source = "import os, socket\nassert not os.path.exists('/root')\nassert os.getuid() == 10001\n"
    source += "with socket.socket() as s:\n    assert s.connect_ex(('192.0.2.1', 80)) == 101\n"

    assert attempt(source + FLASK) == ""


def test_what_it_writes_beside_its_source_a_pod_could_not_write(attempt: Attempt) -> None:
    with pytest.raises(AppError, match=r"PermissionError.*read-only: let it write to /tmp"):
        attempt("open('shop.db', 'w')\n")


def test_without_namespaces_the_loader_takes_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert confine(tmp_path).prefix == ""

    monkeypatch.setattr(confinement_module, "_unshare", lambda: ["/bin/false"])
    assert confine(tmp_path).prefix == str(tmp_path)


def test_a_program_that_does_not_start_in_its_image_is_refused(tmp_path: Path) -> None:
    """A shell script where there is no shell stands for a program whose libraries are missing."""
    broken = Image("localhost/it:1", layers=((File("bin/it", b"#!/bin/sh\n", PROGRAM_MODE),),), entrypoint=("/bin/it",))

    with pytest.raises(EngineError, match=r"localhost/it:1: does not start in its image \(exit code 127\)"):
        start_version(broken, tmp_path)


def test_a_program_that_does_not_answer_is_only_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_module, "START_TIMEOUT_SECONDS", 1.0)
    shell = Path("/bin/sh")
    files = (File("bin/sh", shell, PROGRAM_MODE), *find_libraries([shell]))
    endless = Image("localhost/it:1", layers=(files,), entrypoint=("/bin/sh", "-c", "while :; do :; done"))

    assert start_version(endless, tmp_path) == "localhost/it:1: not tried to the end: no answer within 1 s"
