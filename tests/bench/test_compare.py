"""Two revisions side by side: worse is what is worse by more than the rounds differ among themselves."""

from importlib import metadata

import pytest

from bench import compare, figures
from bench.report.names import FLOOR, OURS


def test_a_cost_that_grows_in_every_round_alike_is_worse():
    found = compare.judged([10.0, 11.0, 12.0], [11.5, 12.8, 13.7], rate=False)
    assert found.verdict == "worse"
    assert found.median == pytest.approx(1.15, abs=0.02)


def test_a_rate_that_falls_is_worse():
    assert compare.judged([1000.0, 1010.0, 990.0], [800.0, 815.0, 800.0], rate=True).verdict == "worse"
    assert compare.judged([800.0, 815.0, 800.0], [1000.0, 1010.0, 990.0], rate=True).verdict == "better"


def test_rounds_that_differ_more_than_their_median_are_noise():
    assert compare.judged([10.0, 10.0, 10.0], [9.0, 11.0, 14.0], rate=False).verdict == "within the noise"


def test_rounds_that_agree_by_chance_make_no_difference_of_two_percent():
    assert compare.judged([100.0] * 3, [102.0] * 3, rate=False).verdict == "within the noise"
    assert compare.judged([100.0] * 3, [104.0] * 3, rate=False).verdict == "worse"


def test_two_rounds_say_nothing_of_their_noise():
    assert compare.judged([10.0, 10.0], [20.0, 20.0], rate=False).verdict == "too few rounds"


def test_a_machine_that_slows_down_is_not_a_slower_revision():
    assert compare.judged([10.0, 15.0, 20.0], [10.1, 15.0, 20.0], rate=False).verdict == "within the noise"


def test_a_figure_beside_its_peer_is_a_ratio_within_one_run():
    found = {"idle": {OURS: {"p50": 6.0, "p95": 8.0}, FLOOR: {"p50": 2.0}}}
    read = {figure.words: value for figure, value in compare.figures("idle", found)}
    assert read["commit → browser, p50 ÷ floor"] == 3.0
    assert read["commit → browser, p95 ms"] == 8.0


def test_growth_is_read_at_its_first_and_its_last_size():
    rows = [
        {"rows": n, "emit_ms": ms, "both": figures.spread([ms])}
        for n, ms in ((1000, 1.0), (5000, 2.0), (9000, 3.0), (1000, 4.0))
    ]
    read = {figure.words: value for figure, value in compare.figures("growth", {"events": rows})}
    assert read == {"emit with 1,000 events, ms": 1.0, "emit with 9,000 events, ms": 3.0}


def test_a_figure_that_one_side_lacks_is_said():
    figure = compare.FIGURES[0]
    table = compare.table({figure: {"base": [1.0], "now": []}})
    assert table.rows[0][-1] == "not measured on both sides"
    assert compare.table({figure: {"base": [1.0] * 3, "now": [2.0] * 3}}).rows[0][-1] == "worse"


def test_the_pins_of_a_tree_are_read(tmp_path):
    for name, text in zip(
        compare.FILES, ("Django==5.2.19  # why\n", "-r ../requirements.txt\npytest==9\n", "a[b]==1.0\n"), strict=True
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert compare.pins(tmp_path) == {"Django": "5.2.19", "pytest": "9", "a": "1.0"}


def test_a_tree_has_an_environment_of_its_own_only_if_this_one_lacks_something():
    there = metadata.version("django")
    assert compare.satisfied({"Django": there})
    assert not compare.satisfied({"Django": there + ".1"})
    assert not compare.satisfied({"no-such-package-here": "1"})
