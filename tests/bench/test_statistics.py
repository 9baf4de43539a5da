"""A quantile comes with its sample count, and not at all from too few samples."""

from bench import figures


def test_a_p99_needs_a_thousand_samples():
    assert figures.quantiles([0.001] * 999)["p99"] is None
    assert figures.quantiles([0.001] * 1000)["p99"] == 1.0


def test_a_p95_needs_a_hundred_samples():
    assert figures.quantiles([0.001] * 99)["p95"] is None
    assert figures.quantiles([0.001] * 100)["p95"] == 1.0


def test_the_sample_count_is_beside_the_quantiles():
    assert figures.quantiles([0.001] * 7) == {"n": 7, "p50": 1.0, "p95": None, "p99": None, "max": 1.0}


def test_a_p99_has_ten_of_a_thousand_samples_beyond_it():
    found = figures.quantiles([n / 1000 for n in range(1000)])
    assert (found["p50"], found["p95"], found["p99"], found["max"]) == (500, 950, 990, 999)


def test_no_samples_give_no_figures():
    assert figures.quantiles([]) == {"n": 0, "p50": None, "p95": None, "p99": None, "max": None}


def test_a_curve_ends_where_ten_samples_are_left():
    assert figures.curve([n / 1000 for n in range(1000)])[-1] == [0.99, 990.0]
    assert figures.curve([n / 1000 for n in range(100)])[-1] == [0.9, 90.0]


def test_repeated_measurements_give_their_median_and_their_range():
    assert figures.spread([3.0, 1.0, 2.0]) == {"median": 2.0, "low": 1.0, "high": 3.0, "each": [3.0, 1.0, 2.0]}


def test_a_rate_counts_as_reached_within_three_percent():
    assert figures.kept_up(100, 97)
    assert not figures.kept_up(100, 96.9)


def test_a_rate_is_carried_only_if_nothing_is_lost_and_nothing_is_put_off():
    assert figures.carried(100, 100, lost=0, behind=1.0, seconds=10)
    assert not figures.carried(100, 96, lost=0, behind=0.0, seconds=10)
    assert not figures.carried(100, 100, lost=1, behind=0.0, seconds=10)
    assert not figures.carried(100, 100, lost=0, behind=1.1, seconds=10)
    assert figures.carried(100, 100, lost=0, behind=1.8, seconds=60)
    assert not figures.carried(100, 100, lost=0, behind=1.9, seconds=60)
