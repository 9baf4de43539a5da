"""The build steps of the Docker image, run without Docker: what they copy must be enough to serve the shop."""

import os
import re
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from deploy import healthcheck
from tests.support.servers import ROOT, free_port

DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text().replace("\\\n", " ")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stage `code`: what it copies, and what its RUN makes of it."""
    stage = DOCKERFILE[DOCKERFILE.index("AS code") : DOCKERFILE.index("AS runtime")]
    folder = tmp_path_factory.mktemp("image")
    allowed = re.findall(r"^!(\S+)$", (ROOT / "deploy/Dockerfile.dockerignore").read_text(), re.MULTILINE)
    for source, target in re.findall(r"^COPY (\S+) (\S+)$", stage, re.MULTILINE):
        assert source in allowed, f"{source} is not in the build context"
        to = folder / target / source.rpartition("/")[2] if target.endswith("/") else folder / target
        to.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, to, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
        else:
            shutil.copy(ROOT / source, to)
    (command,) = re.findall(r"^RUN (.*)$", stage, re.MULTILINE)
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "DATA_DIR": str(folder / "data")}
    subprocess.run(
        ["sh", "-ec", command.replace("/var/lib/doorbell", str(folder / "data"))], cwd=folder, env=env, check=True
    )
    return folder


def test_the_catalogues_are_compiled_and_the_static_files_collected(built: Path) -> None:
    (catalogue,) = (built / "data/locale").glob("*/zh_Hans/LC_MESSAGES/django.mo")
    assert catalogue.stat().st_size > 10_000
    for name in ("css/shop.css", "fonts/sans-latin.woff2", "admin/css/base.css", "django_htmx/htmx-2.min.js", "unfold"):
        assert (built / "data/static" / name).exists(), name


def test_no_secret_of_the_build_stays(built: Path) -> None:
    assert sorted(path.name for path in (built / "data").iterdir()) == ["locale", "static", "styles"]


def test_what_is_copied_is_enough_to_answer_in_chinese(built: Path) -> None:
    data = built / "run"
    shutil.copytree(built / "data", data)
    asks = (
        "import shop.asgi\n"
        "from django.test import Client\n"
        "from django.conf import settings\n"
        "page = Client().get('/accounts/login/', HTTP_ACCEPT_LANGUAGE='zh-hans', HTTP_HOST='localhost')\n"
        "print(page.content.decode())\n"
    )
    env = {"PATH": os.environ["PATH"], "DEMO": "1", "DATA_DIR": str(data), "PYTHONIOENCODING": "utf-8"}
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=built, env=env, check=True, capture_output=True)
    done = subprocess.run([sys.executable, "-c", asks], cwd=built, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "登录" in done.stdout


def test_the_image_runs_as_nobody_in_particular_with_locked_packages() -> None:
    runtime = DOCKERFILE[DOCKERFILE.index("AS runtime") :]
    assert re.findall(r"^USER (.*)$", runtime, re.MULTILINE) == ["10001:10001"]
    assert re.search(r"pip install .*--require-hashes\s+-r /tmp/requirements.lock", DOCKERFILE)
    assert "HEALTHCHECK" in runtime
    assert "pip install" not in runtime


class Health(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.mark.parametrize(("status", "alive"), [(200, True), (400, False), (500, False)])
def test_the_health_check_says_whether_the_web_process_lives(
    monkeypatch: pytest.MonkeyPatch, status: int, alive: bool
) -> None:
    monkeypatch.setattr(Health, "status", status)
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        Thread(target=server.handle_request, daemon=True).start()
        assert healthcheck.alive(server.server_port) is alive


def test_a_web_process_that_is_not_there_is_not_alive() -> None:
    assert healthcheck.alive(free_port()) is False
