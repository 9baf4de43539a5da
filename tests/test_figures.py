"""The figures of the README and of docs/performance.md are those of the run that is in the repository."""

import re

import pytest

from bench import kit
from bench.kit import ROOT
from bench.report import cells, pages
from shop.management.commands.serve import Command


def block(page):
    """What stands between the marks of a page."""
    _, begin, rest = page.read_text().partition(pages.BEGIN)
    found, end, _ = rest.partition(pages.END)
    assert begin
    assert end
    return found.strip()


def test_the_readme_says_what_the_kept_run_says():
    assert block(pages.README) == pages.readme(pages.kept(pages.RUN))


def test_the_page_of_all_tables_says_what_the_kept_run_says():
    assert block(pages.PERFORMANCE) == pages.performance(pages.kept(pages.RUN), pages.kept(pages.HOUR))


@pytest.mark.parametrize("page", [pages.README, pages.PERFORMANCE], ids=lambda page: page.name)
def test_every_picture_of_a_page_is_there(page):
    for target in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


PAGES = [pages.README, *(page for page in (ROOT / "docs").glob("*.md") if page != pages.PERFORMANCE)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_measured_figure_stands_where_a_kept_run_says_it(page):
    """Quantiles and rates belong to `docs/performance.md`, which is made from a run; elsewhere nobody would measure
    them again.
    """
    before, _, rest = page.read_text().partition(pages.BEGIN)
    text = before + rest.partition(pages.END)[2]
    assert re.findall(r".*(?:\bp(?:50|95|99)\b.{0,12}\d|\d (?:events|changes|orders|frames|pages)/s).*", text) == []


def test_a_figure_is_read_in_three_digits():
    assert [cells.number(v) for v in (0, 0.1234, 12.345, 123.4, 1234.5, None, "–", 7)] == [
        "0",
        "0.123",
        "12.3",
        "123",
        "1,234",
        "–",
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
