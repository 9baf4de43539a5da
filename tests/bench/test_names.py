"""The suite does not run the bench; this says when a name that the bench uses has moved."""

import ast
import importlib

import pytest

from bench import recording
from bench.kit import ROOT

FILES = sorted((ROOT / "bench").rglob("*.py"))
OURS = ("bench", "events", "orders", "shop", "tests")


def imported(path):
    """Every `from … import …` of a file, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in OURS:
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_the_bench_imports_of_the_shop_is_there(path):
    for module, name in imported(path):
        if module.startswith("bench"):
            continue  # some of it needs the packages of the benchmarks
        if name == "*":
            importlib.import_module(module)
            continue
        found = importlib.import_module(module)
        if not hasattr(found, name):
            importlib.import_module(f"{module}.{name}")


def test_a_recorded_event_can_have_one_handler_and_no_message():
    from events.delivery import publisher, registry

    with recording.only_for("probe.each") as handler, recording.silent():
        assert registry.wanting("probe.counted") == (handler,)
        assert publisher.notify is recording._nobody
    assert len(registry.wanting("probe.counted")) > 1
