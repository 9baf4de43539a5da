"""`deploy/check.py` passes on what is in the repository, and each of its checks finds a fault that is planted."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import check

FAULTS = [
    (check.dockerfile, "deploy/Dockerfile", "FROM ${BASE} AS runtime", "FROM python AS runtime", "DL3006"),
    (check.dockerfile, "deploy/Dockerfile", "WORKDIR /srv/doorbell", "WORKDIR srv/doorbell", "DL3000"),
    (check.schemas, "deploy/compose.yaml", "    stop_grace_period: 60s", "    stop_grace: 60s", "stop_grace"),
    (check.schemas, ".github/workflows/ci.yml", "runs-on:", "run-on:", "runs-on"),
    (check.schemas, ".github/dependabot.yml", "interval: weekly", "interval: sometimes", "sometimes"),
    (check.schemas, ".github/ISSUE_TEMPLATE/bug.yml", "required: true", "required: 1", "bug.yml"),
    (check.schemas, ".gitlab-ci.yml", "script:", "scripts:", "gitlab-ci"),
    (check.pre_commit, ".pre-commit-config.yaml", "language: system", "language: klingon", "klingon"),
    (check.nginx, "deploy/nginx/doorbell.conf", "proxy_connect_timeout 1s;", "proxy_connection_timeout 1s;", "unknown"),
    (check.nginx, "deploy/nginx/doorbell.conf", "server_tokens off;", "server_tokens on;", "version_disclosure"),
    (check.caddy, "deploy/caddy/Caddyfile", "lb_policy least_conn", "lb_policy fairest", "fairest"),
    (check.caddy, "deploy/caddy/Caddyfile", "\tencode {", "  encode {", ""),
    (check.systemd, "deploy/systemd/doorbell-web@.service", "RestartSec=", "RestartSeconds=", "RestartSeconds"),
    (check.systemd, "deploy/systemd/doorbell-prune.timer", "OnCalendar=*-*-* 03:30", "OnCalendar=25:30", "calendar"),
    (check.systemd, "deploy/systemd/doorbell-web@.service", "bin/daphne", "bin/daphny", "daphny"),
    (check.systemd, "deploy/systemd/doorbell-.service.d/common.conf", "CapabilityBoundingSet=", "", "exposure"),
    (
        check.prometheus,
        "deploy/prometheus/alerts.yml",
        "max(events_oldest_due_seconds) > 60",
        "max(events > 60",
        "max(events",
    ),
    (
        check.prometheus,
        "deploy/grafana/doorbell.json",
        "max(events_oldest_due_seconds)",
        "max(events_oldest",
        "max(events",
    ),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for name in ("deploy", ".github"):
        shutil.copytree(check.ROOT / name, root / name)
    for name in (".gitlab-ci.yml", ".pre-commit-config.yaml"):
        shutil.copy(check.ROOT / name, root / name)
    return root


def lacking_systemd(function: Callable[[Path], list[str]]) -> list[pytest.MarkDecorator]:
    """The marks of a test of this check: the suite leaves it out on a machine that lacks systemd."""
    return [pytest.mark.systemd] if function is check.systemd else []


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=lacking_systemd(function)) for name, function in check.CHECKS.items()]
)
def test_the_files_of_the_repository_pass(name: str) -> None:
    assert check.CHECKS[name](check.ROOT) == []


@pytest.mark.parametrize(
    ("checks", "file", "text", "fault", "complaint"),
    [pytest.param(*fault, id=f"{fault[1]}:{fault[3]}", marks=lacking_systemd(fault[0])) for fault in FAULTS],
)
def test_a_fault_is_found(
    copy: Path, checks: Callable[[Path], list[str]], file: str, text: str, fault: str, complaint: str
) -> None:
    path = copy / file
    sound = path.read_text()
    assert text in sound
    path.write_text(sound.replace(text, fault))
    try:
        found = checks(copy)
    finally:
        path.write_text(sound)
    assert found
    assert complaint in "\n".join(found)


def test_what_a_machine_lacks_is_said_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacking(root: Path) -> list[str]:
        raise check.Missing("systemd-analyze: apt-get install systemd")

    monkeypatch.setattr(check, "CHECKS", {"systemd": lacking})
    monkeypatch.delenv("CI", raising=False)
    assert check.main() == 0
    monkeypatch.setenv("CI", "true")
    assert check.main() == 1
    assert (
        "systemd: not checked, this machine lacks systemd-analyze: apt-get install systemd" in capsys.readouterr().out
    )
