"""Every table of a run, in the order of `docs/performance.md`. A part that the run lacks is said to be not measured."""

from collections.abc import Iterator
from typing import Any

from bench.live import stages
from bench.report import targets
from bench.report.cells import Table, number
from bench.report.names import BROKERS, FLOOR, FLOOR_TASK, OSCARS, OURS, SHOP
from bench.report.reading import better, dig, quantile, rate, ratio, spread_of, times, void

QUANTILES = ("p50", "p95", "p99")
RISING = 0.5
"""MiB an hour in the last half from which on a process is said to grow."""


def every(found: dict[str, Any]) -> Iterator[Table]:
    """The targets first, then what they are made of."""
    yield targets.table(found)
    for broker, name in BROKERS.items():
        yield throughput(dig(found, f"throughput_{broker}"), name)
    for broker, name in BROKERS.items():
        yield idle(dig(found, f"latency_{broker}"), name)
    yield where_it_goes(dig(found, "stages", "stages"))
    yield loaded(dig(found, "latency_valkey", "loaded"))
    yield fan_out(dig(found, "latency_valkey"))
    yield handled(dig(found, "handled"))
    yield purchases(dig(found, "shop", "oscar"))
    yield checkouts(dig(found, "shop", "checkouts"))
    yield from growth(dig(found, "growth") or {})


def _missing(part: dict[str, Any] | None) -> str:
    missing = (part or {}).get("missing") or {}
    return "Not measured: " + "; ".join(f"{name} ({why})" for name, why in missing.items()) + "." if missing else ""


def _range(row: dict[str, Any]) -> str:
    return f"{number(row['low'])}–{number(row['high'])}" if len(row["each"]) > 1 else "once"


def throughput(part: dict[str, Any] | None, broker: str) -> Table:
    """Like for like in the first rows."""
    words = {
        "one an order": "events, one an order",
        "bare Celery": "tasks, bare Celery",
        "Procrastinate": "tasks, Procrastinate",
        "django-celery-outbox": "tasks, django-celery-outbox",
        "five an order": "events, five an order",
        "fifty an order": "events, fifty an order",
        "batches": "events, a handler that takes batches",
        "five an order by 1 worker": "events, five an order, by 1 worker",
        "four partitions": "events, five an order, four partitions",
        "batches of 500": "events, batches of up to 500",
        "waiting by 1 worker": "events whose handler waits 10 ms, by 1 worker",
        "waiting by 2 workers": "events whose handler waits 10 ms, by 2 workers",
        "five an order + a row": "events, five an order, each writes a row",
        "bare Celery + a row": "tasks, bare Celery, each writes a row",
    }
    columns = (
        "what",
        "of",
        "a second",
        "lowest–highest",
        "messages per 1,000",
        "÷ bare Celery",
        "÷ Procrastinate",
        "ran twice",
    )
    table = Table(f"Handled a second, broker {broker}", columns)
    rows = (part or {}).get("rows", {})
    bases = [rate(rows.get(name)) for name in ("bare Celery", "Procrastinate")]
    for name, what in words.items():
        if row := rows.get(name):
            ratios = (times(ratio(rate(row), base)) for base in bases)
            measured = (row["of"], row["median"], _range(row), row["messages_per_1000"])
            table.rows.append((what, *measured, *ratios, row["doubled"]))
    table.note = (
        "Two workers of two threads each unless said otherwise. Like for like are the first rows: "
        "one event of an order, one task. "
        "Ours and Procrastinate's are durable in PostgreSQL; bare Celery forgets a task whose worker dies. "
        "Every event and task leaves a mark, so that one that ran twice would show."
    )
    return table


def idle(part: dict[str, Any] | None, broker: str) -> Table:
    columns = ("system", "samples", *QUANTILES, "max", "from the due moment, p50", "÷ floor, p50", "÷ floor, p99")
    table = Table(f"Commit → browser, idle, broker {broker}, ms", columns)
    rows = (part or {}).get("idle", {})
    for system, row in rows.items():
        if reason := void(row):
            table.rows.append((system, row["n"], reason, *["–"] * 6))
            continue
        ratios = (times(ratio(quantile(row, q), quantile(rows.get(FLOOR), q))) for q in ("p50", "p99"))
        shown = tuple("–" if cell.startswith("not measured") else cell for cell in ratios)
        measured = (row["n"], *(row[q] for q in QUANTILES), row["max"], row["from_due"]["p50"])
        table.rows.append((system, *measured, *shown))
    notes = ["A p99 is given from 1,000 samples on, a p95 from 100."]
    task = ratio(quantile(rows.get(OURS), "p50"), quantile(rows.get(FLOOR_TASK), "p50"))
    if task.value is not None:
        notes.append(
            f"Ours takes {times(task)} of the floor through a Celery task. That is no lower bound: "
            "its message is sent by `delay`, "
            "as the tutorials send it, and ours by a client that is kept."
        )
    table.note = " ".join(filter(None, [*notes, _missing(part)]))
    return table


def where_it_goes(part: dict[str, Any] | None) -> Table:
    table = Table("Where the milliseconds go, idle, broker Valkey, medians", ("until", "Doorbell", FLOOR_TASK))
    if part:
        ours, task = part.get(OURS, {}), part.get(FLOOR_TASK, {})
        places = {**stages.WORDS, stages.TOGETHER: stages.TOGETHER}
        table.rows = [(words, ours.get(place), task.get(place)) for place, words in places.items()]
        table.note = (
            "Measured by itself, as noting costs time. Medians: they do not add up to the whole exactly. "
            "Where the floor has no such place, its time is in the next."
        )
    return table


def loaded(part: dict[str, Any] | None) -> Table:
    columns = ("system", "carries/s", "held for s", "at", "asked/s", "made/s", "samples", *QUANTILES, "max")
    table = Table("Due → browser under load, broker Valkey, ms", columns)
    for system, row in (part or {}).items():
        held = (row.get("carries_per_second"), row.get("held_seconds"))
        for share, at in row["at"].items() or [("–", None)]:
            if at is None:
                table.rows.append((system, *held, share, *["–"] * 7))
                continue
            rates = (at["asked_per_second"], at["changes_per_second"], at["n"])
            reason = void(at)
            measured = (reason, "–", "–", "–") if reason else (*(at[q] for q in QUANTILES), at["max"])
            table.rows.append((system, *held, share, *rates, *measured))
    table.note = (
        "Counted from the moment in which a change was due, so that a late change is a slow one. A rate is carried "
        "if it is held for that time with nothing lost, and if all that follows is over soon after: of ours that is "
        "mail and stock as well, of the tutorials' nothing."
    )
    return table


def fan_out(part: dict[str, Any] | None) -> Table:
    columns = (
        "system",
        "sockets",
        "the last, median",
        "lowest–highest",
        "frames/s",
        "KiB a socket",
        "lost",
        "ours ÷ it",
    )
    table = Table("One change to many sockets: commit → the last has it, ms", columns)
    rows = (part or {}).get("fanout", {})
    most = dig(part, "ceiling", "frames_per_second")
    near = False
    for system, sizes in rows.items():
        for sockets, row in sizes.items():
            mark = " †" if most and row["frames_per_second"] > most / 2 else ""
            near = near or bool(mark)
            ours = ratio(spread_of(dig(rows, OURS, sockets, "last")), spread_of(row["last"]))
            rates = f"{number(row['frames_per_second'])}{mark}"
            measured = (row["last"]["median"], _range(row["last"]), rates, row["kib_per_socket"], row["lost"])
            table.rows.append((system, int(sockets), *measured, times(ours)))
    if most:
        table.note = f"The client takes in {number(most)} frames/s when all of them wait for it already." + (
            " † More than half of that: the system may be faster than the client shows." if near else ""
        )
    table.note = " ".join(filter(None, [table.note, _missing(part)]))
    return table


def handled(part: dict[str, Any] | None) -> Table:
    columns = ("broker", "until", "samples", "p50", "p95", "max")
    table = Table("Commit → handled, idle, PostgreSQL, ms", columns)
    for broker, measured in (part or {}).items():
        for what, words in (("handler", "the handler runs"), ("acknowledged", "its effect is committed")):
            row = measured["idle"][what]
            table.rows.append((broker, words, row["n"], row["p50"], row["p95"], row["max"]))
    valkey = (part or {}).get("Valkey", {})
    if emit := valkey.get("emit"):
        table.note = (
            f"To record an event adds {emit['added_ms_median']} ms and {emit['added_statements']} statements "
            "to the change that it tells. "
        )
    if away := valkey.get("broker_away"):
        table.note += (
            f"A change with its event takes {number(away['there']['p50'])} ms at p50 with the broker there, "
            f"and {number(away['away']['p50'])} ms with nobody at its port."
        )
    return table


def purchases(part: dict[str, Any] | None) -> Table:
    shoppers = (part or {}).get("shoppers", 8)
    columns = (
        "shop",
        "requests",
        "samples",
        "purchase p50 ms",
        "p95 ms",
        "orders/s",
        "lowest–highest",
        "product pages/s",
        "lowest–highest",
    )
    table = Table(f"A guest's purchase, and what the shop carries with {shoppers} at once", columns)
    shops = (part or {}).get("shops", {})
    for title, row in shops.items():
        purchase, orders, pages = row["purchase"], row["orders_per_second"], row["pages_per_second"]
        measured = (row["requests"], purchase["n"], purchase["p50"], purchase["p95"])
        table.rows.append((title, *measured, orders["median"], _range(orders), pages["median"], _range(pages)))
    notes = []
    for what, words in (("orders_per_second", "orders/s"), ("pages_per_second", "product pages/s")):
        title, theirs = better({t: spread_of(dig(shops, t, what)) for t in OSCARS}, low=False)
        got = ratio(spread_of(dig(shops, SHOP, what)), theirs)
        if got.value is not None:
            notes.append(f"Our {words} are {times(got)} those of {title}.")
    if notes:
        notes.append("An order counts when all that follows it is done, mail and stock too.")
    table.note = " ".join(filter(None, [*notes, _missing(part)]))
    return table


def checkouts(part: dict[str, Any] | None) -> Table:
    columns = ("the world outside", "checkout", "samples", "wait p50 ms", "p95", "max")
    table = Table("**Place order** until the answer, event-driven and synchronous", columns)
    for pace, rows in (part or {}).get("paces", {}).items():
        for title, row in rows.items():
            wait = row["wait"]
            table.rows.append((pace, title, wait["n"], wait["p50"], wait["p95"], wait["max"]))
    if part:
        table.note = (
            f"At {part['rate']:g} orders a second, counted from the moment in which the click was due. "
            "Each order was charged and mailed once, which is counted outside."
        )
    return table


def growth(part: dict[str, Any]) -> Iterator[Table]:
    """One table for each thing that there can be much of."""
    for name in ("products", "orders", "events"):
        rows = part.get(name) or []
        columns = tuple(key for key in (rows[0] if rows else {}) if key.endswith("_ms"))
        words = tuple(column.removesuffix("_ms").replace("_", " ") for column in columns)
        table = Table(f"What it costs with so many {name}, ms, medians", (name, *words))
        table.rows = [(row["rows"], *(row[column] for column in columns)) for row in rows]
        yield table


def memory(hour: dict[str, Any]) -> Table:
    """What each process had over an hour, with what is not explained."""
    columns = ("process", "first", "steady", "last", "an hour more", "an hour more, last half")
    table = Table("Memory under an hour of load, MiB", columns)
    if not hour:
        return table
    rising = []
    for name, row in hour["processes"].items():
        slopes = (f"{row[key]:+.2f}" for key in ("mib_per_hour", "mib_per_hour_at_last"))
        table.rows.append((name, row["first_mib"], row["steady_mib"], row["last_mib"], *slopes))
        if row["mib_per_hour_at_last"] > RISING:
            rising.append(f"{name} ({row['mib_per_hour_at_last']:+.2f} MiB an hour)")
    where = f"commit {hour['where']['commit']}, {hour['at'][:10]}"
    table.note = (
        f"`make bench-hour` at {where}: {number(hour['minutes'])} minutes "
        f"of {hour['orders_per_second']:g} orders a second. "
    )
    if rising:
        table.note += f"Still rising in the last half, and not explained: {', '.join(rising)}. "
    beside = hour.get("beside") or f"The load average was {hour['load_average'][0]:g}–{hour['load_average'][1]:g}."
    return Table(table.title, table.columns, table.rows, table.note + beside)
