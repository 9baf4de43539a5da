"""What a run's report says reached: nothing that is void, was not measured, or stands beside a peer's worse form."""

import pytest

from bench import figures
from bench.report import cells, pages, tables, targets
from bench.report.names import FLOOR, HALF, NINE_TENTHS, OSCARS, OURS, SHOP, SLOW, TUTORIALS, USUAL
from bench.report.reading import Reading, better, quantile, ratio, void


def latencies(p50, p95=None, p99=None, n=1000, **more):
    return {"n": n, "p50": p50, "p95": p95, "p99": p99, "max": 99.0, "lost": 0, **more}


def at(p99, asked=100.0, made=100.0, **more):
    rates = {"asked_per_second": asked, "changes_per_second": made, "behind_seconds": 0.1, "seconds": 10.0}
    return latencies(1.0, 2.0, p99, **rates | more)


def loaded(p99, **more):
    row = at(p99, **more)
    return {"carries_per_second": 100.0, "held_seconds": 60.0, "at": {HALF: row, NINE_TENTHS: row}}


def verdict(found, words):
    (target,) = [target for target in targets.targets(found) if words in target.what]
    return target.verdict


def target(got, wanted=4.0, least=True, each=()):
    return targets.Target("a ratio", wanted, Reading(got, each), least)


# -- Verdicts ----------------------------------------------------------------------------------------


def test_a_ratio_on_the_right_side_is_reached():
    assert target(4.0).verdict == "reached"
    assert target(3.99).verdict == "missed"
    assert target(4.0, least=False).verdict == "reached"
    assert target(4.01, least=False).verdict == "missed"


def test_a_round_on_the_wrong_side_is_said():
    assert target(4.2, each=(3.9, 4.2, 4.3)).verdict == "reached, but not in 1 of 3 rounds"
    assert target(3.9, each=(3.8, 3.9, 4.3)).verdict == "missed"


def test_a_void_row_misses_its_target():
    assert targets.Target("a ratio", 4, Reading(why="void: 64 % of the asked rate")).verdict == "missed"


def test_what_was_not_measured_is_neither_reached_nor_missed():
    assert targets.Target("a ratio", 4, Reading(why="not measured")).verdict == "not measured"


# -- Rates that were not reached ---------------------------------------------------------------------


def test_a_rate_that_was_not_reached_voids_its_row():
    assert void(at(10.0, asked=209.9, made=148.2)) == "void: 71% of the asked rate"
    assert void(at(10.0, asked=100.0, made=97.0)) == ""


def test_a_lost_frame_voids_its_row():
    assert void(at(10.0, lost=1)) == "void: 1 lost"


def test_work_that_is_put_off_voids_its_row():
    assert void(at(10.0, behind_seconds=5.0)) == "void: what follows was 5.0 s behind"


@pytest.mark.parametrize("who", [OURS, TUTORIALS[1]])
def test_a_void_row_on_either_side_misses_whatever_its_latencies_are(who):
    rows = {OURS: loaded(10.0), TUTORIALS[1]: loaded(100.0)}
    words = "each at nine tenths"
    assert verdict({"latency_valkey": {"loaded": rows}}, words) == "reached"
    rows[who]["at"][NINE_TENTHS] = at(10.0 if who == OURS else 100.0, asked=100.0, made=90.0)
    assert verdict({"latency_valkey": {"loaded": rows}}, words) == "missed"


def test_a_system_that_held_no_rate_misses():
    rows = {OURS: loaded(10.0) | {"carries_per_second": None, "at": {}}, TUTORIALS[1]: loaded(100.0)}
    assert verdict({"latency_valkey": {"loaded": rows}}, "each at nine tenths") == "missed"


def test_the_table_shows_a_void_row_without_its_latencies():
    row = tables.loaded({OURS: loaded(12.3, asked=100.0, made=64.0)}).rows[0]
    assert "void: 64% of the asked rate" in row
    assert 12.3 not in row


def test_the_idle_table_shows_a_void_row_without_its_latencies():
    row = latencies(3.0, 4.0, 12.3, asked_per_second=33.3, changes_per_second=20.0, from_due={"p50": 5.0})
    (shown,) = tables.idle({"idle": {OURS: row}}, "Valkey").rows
    assert "void: 60% of the asked rate" in shown
    assert 12.3 not in shown


# -- Samples -----------------------------------------------------------------------------------------


def test_a_p99_of_too_few_samples_is_not_measured():
    row = figures.quantiles([0.001] * 80)
    assert quantile(row, "p99") == Reading(why="not measured: 80 samples are too few for a p99")


def test_every_p99_has_its_sample_count_beside_it():
    rows = {OURS: latencies(3.0, 4.0, 5.0, n=1020, from_due={"p50": 5.0}), FLOOR: latencies(1.0, 2.0, 3.0, n=1020)}
    rows[FLOOR]["from_due"] = {"p50": 2.0}
    for table in (tables.idle({"idle": rows}, "Valkey"), tables.loaded({OURS: loaded(9.0)})):
        assert "p99" in table.columns
        place = table.columns.index("samples")
        assert all(row[place] in (1000, 1020) for row in table.rows)


# -- The better form of a peer -----------------------------------------------------------------------


def test_the_better_form_of_a_peer_is_the_faster_one():
    assert better({"a": Reading(3.0), "b": Reading(2.0)}, low=True) == ("b", Reading(2.0))
    assert better({"a": Reading(3.0), "b": Reading(2.0)}, low=False) == ("a", Reading(3.0))


def test_a_form_that_is_void_or_missing_cannot_be_the_better_one():
    forms = {"a": Reading(why="void: 1 lost"), "b": Reading(2.0), "c": Reading(why="not measured")}
    assert better(forms, low=True) == ("b", Reading(2.0))


def test_a_peer_of_which_no_form_is_good_keeps_its_reason():
    assert (
        better({"a": Reading(why="not measured"), "b": Reading(why="void: 1 lost")}, low=True)[1].why == "void: 1 lost"
    )


def shops(**oscars):
    def row(purchase, orders, pages):
        return {
            "purchase_p50_of_rounds": figures.spread([purchase] * 3),
            "orders_per_second": figures.spread([orders] * 3),
            "pages_per_second": figures.spread([pages] * 3),
        }

    rows = {SHOP: row(60.0, 20.0, 270.0)}
    rows |= {
        title: row(*oscars[name]) for name, title in (("daphne", OSCARS[0]), ("gunicorn", OSCARS[1])) if name in oscars
    }
    return {"shop": {"oscar": {"shops": rows}}}


def test_oscars_figure_is_that_of_its_better_server_in_each_row():
    found = shops(daphne=(291.0, 2.8, 60.0), gunicorn=(230.0, 4.2, 45.0))
    by_name = {target.what: target for target in targets.targets(found)}
    purchase = by_name["a guest's purchase: Oscar's p50 ÷ ours"]
    assert (purchase.of, purchase.verdict) == (OSCARS[1], "missed")  # 291 ÷ 60 would be 4.85
    assert by_name["our orders/s ÷ Oscar's"].got.value == pytest.approx(20 / 4.2)
    assert by_name["our product pages/s ÷ Oscar's"].of == OSCARS[0]


def test_the_tutorials_figure_is_that_of_its_better_form_at_each_quantile():
    rows = {
        OURS: latencies(4.0, 5.0, 6.0),
        TUTORIALS[0]: latencies(16.0, 20.0, 22.0),
        TUTORIALS[1]: latencies(11.0, 20.0, 25.0),
    }
    by_name = {target.what: target for target in targets.targets({"latency_valkey": {"idle": rows}})}
    p50, p99 = (by_name[f"commit → browser, idle: the tutorials' {q} ÷ ours"] for q in ("p50", "p99"))
    assert (p50.of, p50.verdict) == (TUTORIALS[1], "missed")
    assert (p99.of, p99.verdict) == (TUTORIALS[0], "missed")


# -- What is missing, and doubles --------------------------------------------------------------------


def test_no_target_vanishes_with_its_peer():
    everything = [target.what for target in targets.targets(shops(daphne=(291.0, 2.8, 35.0)))]
    assert [target.what for target in targets.targets(shops())] == everything
    assert [target.what for target in targets.targets({})] == everything
    assert verdict(shops(), "our orders/s") == "not measured"


def test_a_run_of_which_everything_is_missing_reaches_nothing():
    assert {target.verdict for target in targets.targets({})} == {"not measured"}


def rates(**rows):
    named = {name.replace("_", " "): figures.spread(values) for name, values in rows.items()}
    return {"throughput_valkey": {"rows": {name: row | {"doubled": 0} for name, row in named.items()}}}


def test_an_event_that_ran_twice_voids_its_rate():
    found = rates(one_an_order=[900.0] * 3, bare_Celery=[700.0] * 3)
    words = "on Valkey: our events/s ÷ bare Celery's"
    assert verdict(found, words) == "reached"
    found["throughput_valkey"]["rows"]["one an order"]["doubled"] = 1
    assert verdict(found, words) == "missed"


def test_two_workers_are_compared_with_one_by_their_medians():
    found = rates(five_an_order=[3005.0, 3261.0, 3621.0], five_an_order_by_1_worker=[2123.0, 2100.0, 2130.0])
    by_name = {target.what: target for target in targets.targets(found)}
    two = by_name["2 workers ÷ 1, on the two cores that all share"]
    assert two.got.value == pytest.approx(3261 / 2123)
    assert two.verdict == "missed"
    assert len(two.got.each) == 3


def test_like_for_like_comes_first():
    assert "one event, one task" in targets.targets({})[0].what


def test_rabbitmq_has_the_idle_targets_too():
    whats = [target.what for target in targets.targets({})]
    assert [what.replace("RabbitMQ", "Valkey") for what in whats if "RabbitMQ" in what and "idle" in what] == [
        what for what in whats if "idle, Valkey" in what
    ]


def test_a_ratio_of_rounds_has_the_ratio_of_each_round():
    got = ratio(Reading(2.0, (1.0, 2.0, 4.0)), Reading(1.0, (1.0, 1.0, 2.0)))
    assert (got.value, got.each) == (2.0, (1.0, 2.0, 2.0))


def test_a_log_that_grows_is_compared_with_itself_before_and_after():
    rows = [{"rows": n, "both": figures.spread([ms])} for n, ms in ((1000, 2.0), (10_000, 3.0), (1000, 3.0))]
    by_name = {target.what: target for target in targets.targets({"growth": {"events": rows}})}
    assert by_name["an event with 10,000 in the log ÷ with 1,000"].got.value == pytest.approx(3.0 / 2.5)


# -- Pages -------------------------------------------------------------------------------------------


def test_a_row_near_the_ceiling_of_the_client_is_marked():
    def row(frames):
        return {"last": figures.spread([50.0]), "frames_per_second": frames, "kib_per_socket": 1.0, "lost": 0}

    part = {"fanout": {OURS: {"5000": row(7_000)}, "nchan (nginx)": {"5000": row(80_000)}}}
    table = tables.fan_out(part | {"ceiling": {"frames_per_second": 150_000}})
    marked = [row[0] for row in table.rows if any("†" in str(cell) for cell in row)]
    assert marked == ["nchan (nginx)"]
    assert "150,000 frames/s" in table.note


def test_memory_that_still_rises_is_said_to_be_unexplained():
    def row(last):
        return {
            "first_mib": 80.0,
            "steady_mib": 84.0,
            "last_mib": 85.0,
            "mib_per_hour": 1.7,
            "mib_per_hour_at_last": last,
        }

    hour = {
        "at": "2026-11-26T00:00:00Z",
        "where": {"commit": "abc"},
        "minutes": 60.0,
        "orders_per_second": 1.0,
        "processes": {"relay": row(0.95), "worker": row(0.1)},
        "load_average": [1.0, 1.5],
    }
    note = tables.memory(hour).note
    assert "not explained: relay (+0.95 MiB an hour)." in note
    assert "worker" not in note


def test_the_readme_has_five_figures():
    block = pages.readme({})
    head, _line, *rows = [line for line in block.splitlines() if line.startswith("|")]
    assert "wanted" in head
    assert len(rows) == 5
    assert "docs/performance.md" in block


def test_what_is_missed_says_missed_in_the_readme():
    waits = {"event-driven": {"wait": latencies(20.0, 45.0)}, "synchronous": {"wait": latencies(200.0, 220.0)}}
    paces = {USUAL: waits, SLOW: waits}
    assert "≥ 5 ×: missed" in pages.readme(kept({"shop": {"checkouts": {"rate": 3.0, "paces": paces}}}))


def kept(parts):
    where = {
        "commit": "abc",
        "cores": 2,
        "processor": "x",
        "memory_gib": 1.0,
        "python": "3",
        "postgresql": "p",
        "valkey": "v",
    }
    return {"command": "make bench", "at": "2026-11-26T00:00:00Z", "where": where, "seconds": {"all": 60.0}} | parts


def test_a_title_of_a_table_is_a_heading_and_what_is_missing_is_said():
    assert cells.markdown(cells.Table("Title", ("a", "b"))) == "## Title\n\nNot measured."
