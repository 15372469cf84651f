"""Apps that kubeglass did not make: a Django blog and a FastAPI service with the libraries of others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from kubeglass.images.archive import ArchivedImage, write_archive
from kubeglass.images.image import File, Image, list_shared_objects, read_folder
from kubeglass.images.python.interpreter import PREFIX, VENV, build_python_base, inspect_interpreter, packages_folder
from kubeglass.images.system import find_libraries
from tests.cluster.bed.layout import find_layout
from tests.cluster.bed.store import digest_of, keep

PACKAGES = (
    "django==5.2.*",
    "django-prometheus==2.5.*",
    "fastapi",
    "prometheus-fastapi-instrumentator==8.*",
    "gunicorn>=23",
    "uvicorn",
)
IMAGE = "localhost/others/apps:1"

BLOG = """
import os
from django.conf import settings
APPS = "django_prometheus"
settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x", INSTALLED_APPS=[APPS],
    MIDDLEWARE=[f"{APPS}.middleware.PrometheusBeforeMiddleware", f"{APPS}.middleware.PrometheusAfterMiddleware"],
)
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import include, path

def post(request, number):
    return HttpResponse("text")

def fail(request):
    raise RuntimeError("broken")

urlpatterns = [
    path("posts/<int:number>", post, name="post"),
    path("fail", fail, name="fail"),
    path("", include(f"{APPS}.urls")),
]
app = get_wsgi_application()
"""
API = """
from fastapi import FastAPI
from prometheus_fastapi_instrumentator import Instrumentator

app = FastAPI()

@app.get("/items/{number}")
def item(number: int):
    return number

Instrumentator(excluded_handlers=["/metrics"]).instrument(app).expose(app)
"""


def build_image(folder: Path) -> ArchivedImage:
    """Pack both apps with their packages, which are downloaded once."""
    packages = keep(find_layout().cache, "others", digest_of(*PACKAGES), _install)
    python = inspect_interpreter(Path(sys.executable))
    installed = read_folder(packages, packages_folder(python), leave_out=lambda path: path.name == "__pycache__")
    sources = (File("app/blog.py", BLOG.encode()), File("app/api.py", API.encode()))
    libraries = find_libraries(list_shared_objects(installed), inside=[packages])
    layers = (tuple(build_python_base(python)), (*installed, *libraries), sources)
    path = {"PATH": f"/{VENV}/bin:/{PREFIX}/bin"}
    return write_archive(Image(IMAGE, layers, entrypoint=("python3",), environment=path), folder / "others.tar")


def _install(folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"--target={folder}"]
    subprocess.run([*pip, *PACKAGES], check=True)


def make_workload(kind: str, name: str, arguments: list[str], port: dict[str, Any]) -> dict[str, Any]:
    """Describe a workload and what its owners need of it, without a word for whoever watches it."""
    probe = {"tcpSocket": {"port": port["containerPort"]}, "periodSeconds": 1}
    container = {
        "name": name,
        "image": IMAGE,
        "imagePullPolicy": "Never",
        "command": ["python3", "-m", *arguments],
        "workingDir": "/app",
        "ports": [port],
        "readinessProbe": probe,
        "resources": {"requests": {"cpu": "50m"}},
    }
    labels = {"app": f"{name}-pods"}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [container],
                    "shareProcessNamespace": True,
                    "terminationGracePeriodSeconds": 1,
                },
            },
            **({"serviceName": name} if kind == "StatefulSet" else {}),
        },
    }


def write_manifest() -> str:
    """Return what ``kubectl apply`` takes: the blog as a Deployment, the API as a StatefulSet."""
    blog = ["gunicorn", "--bind=0.0.0.0:8000", "--threads=2", "blog:app"]
    api = ["uvicorn", "--host=0.0.0.0", "--port=8080", "api:app"]
    items = [
        make_workload("Deployment", "blog", blog, {"containerPort": 8000, "name": "http"}),
        make_workload("StatefulSet", "api", api, {"containerPort": 8080}),
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
