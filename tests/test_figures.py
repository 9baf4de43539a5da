"""The README's figures are those of a run that is in the repository."""

import json

from bench import report
from bench.kit import ROOT


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
