"""The README's figures are those of a run that is in the repository."""

import json

import pytest

from bench import kit, report
from bench.kit import ROOT
from shop.management.commands.serve import Command


def test_the_readme_says_what_a_kept_run_says():
    text = report.README.read_text()
    block = text.partition(report.BEGIN)[2].partition(report.END)[0].strip()
    source = block.partition("from [")[2].partition("]")[0]
    found = json.loads((ROOT / source).read_text())
    assert block == report.readme(found, source).strip()
    assert (ROOT / source.removesuffix(".json") / "README.md").read_text() == report.whole(found, source)


def test_every_picture_of_the_readme_is_there():
    for part in report.README.read_text().split("![")[1:]:
        assert (ROOT / part.partition("](")[2].partition(")")[0]).exists()


def test_a_figure_is_read_in_three_digits():
    assert [report.number(v) for v in (0, 0.1234, 12.345, 123.4, 1234.5, "–", 7)] == [
        "0",
        "0.123",
        "12.3",
        "123",
        "1,234",
        "–",
        "7",
    ]


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//"])
def test_what_is_measured_is_run_as_serve_runs_it(broker, settings, monkeypatch):
    """The bench has no Django where it starts processes, so it says once more which pool the live worker has."""
    settings.BROKER_URL = broker
    monkeypatch.setenv("BROKER_URL", broker)
    served = next(p.command for p in Command()._processes("127.0.0.1", 8000) if p.name == "live worker")

    def pool(command):
        return command[command.index("--pool") + 1], command[command.index("-c") + 1]

    assert pool(served) == pool(kit.live_worker())
