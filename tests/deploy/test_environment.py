"""`deploy/.env.example` names exactly the variables that the code reads; a real shop starts with its values."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.servers import ROOT

EXAMPLE = ROOT / "deploy/.env.example"
NAME = re.compile(r"[A-Z][A-Z0-9_]+")

OF_LIBRARIES = {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME", "PROMETHEUS_MULTIPROC_DIR"}
"""Variables that a library reads."""

NOT_FOR_OPERATORS = {
    "DJANGO_SETTINGS_MODULE",
    "EVENT_FAILPOINT",  # for tests
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",  # the specification's own variant of OTEL_EXPORTER_OTLP_ENDPOINT
}


def example() -> dict[str, str]:
    """Every variable of the file with its value, those that are commented out included."""
    pairs = re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    assert len(dict(pairs)) == len(pairs), "a variable stands there twice"
    return dict(pairs)


ASKS = re.compile(r"environment\.\w+|os\.environ\.get")
"""What reads the environment: the functions of `shop.lib.environment`, and the standard library."""


def _reads(tree: ast.AST) -> Iterator[str]:
    """Names that the code asks the environment for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name, asks = node.args[0].value, ASKS.fullmatch(ast.unparse(node.func))
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            name, asks = node.slice.value, ast.unparse(node.value) == "os.environ"
        else:
            continue
        if asks and isinstance(name, str) and NAME.fullmatch(name):
            yield name


def read_by_the_code() -> set[str]:
    found: set[str] = set()
    for folder in ("events", "orders", "shop"):
        for path in (ROOT / folder).rglob("*.py"):
            found |= set(_reads(ast.parse(path.read_text())))
    return found


def read_by_compose() -> set[str]:
    return set(re.findall(r"\$\{([A-Z0-9_]+)", (ROOT / "deploy/compose.yaml").read_text()))


def read_by_systemd() -> set[str]:
    """What units take from the environment of the shop; workers have files of their own."""
    text = (ROOT / "deploy/systemd/doorbell-web@.service").read_text()
    return set(re.findall(r"\$\{([A-Z0-9_]+)", text))


def test_every_variable_that_is_read_is_named() -> None:
    read = read_by_the_code() | read_by_compose() | read_by_systemd()
    assert len(read) > 40
    assert read - NOT_FOR_OPERATORS - set(example()) == set()


def test_every_variable_that_is_named_is_read() -> None:
    read = read_by_the_code() | read_by_compose() | read_by_systemd()
    assert set(example()) - read - OF_LIBRARIES == set()


def test_every_variable_has_a_sentence() -> None:
    lines = EXAMPLE.read_text().splitlines()
    bare = [
        line
        for before, line in zip(lines, lines[1:], strict=False)
        if re.match(r"#?[A-Z0-9_]+=", line) and not before.startswith("# ")
    ]
    assert bare == []


def test_the_operations_page_has_a_row_for_each() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    table = page[page.index("## Environment") :].split("\n## ")[0]
    rows = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([A-Z0-9_]+)`", line.split("|")[1])
    }
    for_compose = read_by_compose() - read_by_the_code()
    assert rows == set(example()) - for_compose


@pytest.fixture
def values(tmp_path: Path) -> dict[str, str]:
    """The values of the example, defaults included, and real ones where it has none."""
    (tmp_path / "mygateway.py").write_text("from tests.support.production import ElsewhereGateway as Gateway\n")
    return example() | {
        "SECRET_KEY": "0123456789abcdef" * 4,
        "EVENT_SIGNING_KEYS": "k1:" + "A" * 43 + "=",
        "PAYMENT_GATEWAY": "mygateway.Gateway",
        "METRICS_TOKEN": "m" * 16,
        "DATA_DIR": str(tmp_path / "var"),
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "PYTHONPATH": str(tmp_path),
    }


def check(values: dict[str, str]) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(ROOT), **values}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--fail-level", "ERROR"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_real_shop_starts_with_the_values_of_the_example(values: dict[str, str]) -> None:
    done = check(values)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "EVENT_SIGNING_KEYS", "SITE_URL", "DATABASE_URL", "EMAIL_URL", "PAYMENT_GATEWAY"]
)
def test_it_says_what_it_needs(values: dict[str, str], name: str) -> None:
    done = check(values | {name: ""})
    assert done.returncode == 1
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_compose_sets_the_addresses_of_its_own_servers() -> None:
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    assert set(compose["x-shop"]["environment"]) == {"DATABASE_URL", "REDIS_URL", "BROKER_URL", "TRUSTED_PROXIES"}
