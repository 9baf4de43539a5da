"""The tables of a run, from its JSON: in the terminal, and in the README. `python -m bench.report FILE [--readme]`."""

import json
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from bench.kit import ROOT
from bench.live import stages

OURS, UVICORN = "Doorbell (daphne)", "Doorbell (uvicorn)"
FLOOR = "floor: COMMIT → PUBLISH → socket"
FLOOR_TASK = "floor through a Celery task"
TUTORIAL = "the tutorials' pipeline"
OSCAR = "django-oscar (daphne)"
README = ROOT / "README.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


@dataclass
class Table:
    """A title, the names of the columns, the rows; what must be said with it."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    note: str = ""


def number(value: Any) -> str:
    """As people read it: three digits that matter, and no more."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return str(value)
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if value else "0"


def times(a: float, b: float) -> str:
    """How many times `b` goes into `a`."""
    return f"{a / b:.2f} ×" if b else "–"


def every(found: dict[str, Any]) -> Iterator[Table]:
    """The tables, in the order of `bench/README.md`."""
    yield _targets(found)
    for broker, name in (("valkey", "Valkey"), ("rabbitmq", "RabbitMQ")):
        part = found.get(f"latency_{broker}")
        if part:
            yield _idle(part, name)
            if broker == "valkey" and "stages" in found:
                yield _stages(found["stages"]["stages"])
            yield _loaded(part, name)
    yield _handled(found)
    yield _beside(found["throughput"])
    yield _scale(found["throughput"])
    yield _fan_out(found["latency_valkey"])
    yield from _shop(found["shop"])
    yield from _growth(found["growth"])
    if hour := found.get("hour"):
        yield _hour(hour)


def _idle(part: dict[str, Any], broker: str) -> Table:
    quantiles = ("p50", "p95", "p99", "p99.9")
    table = Table(
        f"commit → browser, idle, broker {broker}, ms", ("system", *quantiles, "÷ floor, p50", "÷ floor, p99")
    )
    floor = part["idle"][FLOOR]
    for system, row in part["idle"].items():
        ratios = (times(row[q], floor[q]) for q in ("p50", "p99"))
        table.rows.append((system, *(row[q] for q in quantiles), *ratios))
    missing = "; ".join(f"{name}: {why}" for name, why in part["missing"].items())
    notes = [f"Not measured: {missing}."] if missing else []
    if task := part["idle"].get(FLOOR_TASK):
        ours = times(part["idle"][OURS]["p50"], task["p50"])
        notes.insert(
            0,
            f"Anything that goes through a Celery task takes at least the floor through one; ours takes {ours} of that.",
        )
    table.note = " ".join(notes)
    return table


def _stages(part: dict[str, dict[str, float]]) -> Table:
    ours, task = part[OURS], part[FLOOR_TASK]
    table = Table("where the milliseconds go, idle, broker Valkey, medians", ("until", "Doorbell", FLOOR_TASK))
    table.rows = [(words, ours[place], task.get(place, "–")) for place, words in stages.WORDS.items()]
    if stages.TOGETHER in ours:
        table.rows.append((stages.TOGETHER, ours[stages.TOGETHER], task[stages.TOGETHER]))
    table.note = "Measured by itself, as noting costs time. Medians: they do not add up to the whole exactly. Where the floor has no such place, its time is in the next."
    return table


def _loaded(part: dict[str, Any], broker: str) -> Table:
    table = Table(
        f"commit → browser at shares of its own capacity, broker {broker}, ms",
        ("system", "carries/s", "at", "changes/s", "p50", "p95", "p99", "p99.9", "lost"),
    )
    for system, row in part["loaded"].items():
        for share, at in row["at"].items():
            measured = (at[q] for q in ("p50", "p95", "p99", "p99.9"))
            table.rows.append((system, row["capacity"], share, at["changes_per_second"], *measured, row["lost"]))
    return table


def _handled(found: dict[str, Any]) -> Table:
    table = Table("commit → handled, idle, PostgreSQL, ms", ("broker", "until", "p50", "p95", "p99", "max"))
    for broker, part in found["handled"].items():
        for what, words in (("handler", "the handler runs"), ("settled", "its effect is committed")):
            row = part["idle"][what]
            table.rows.append((broker, words, *(row[q] for q in ("p50", "p95", "p99", "max"))))
    emit = found["handled"]["Valkey"]["emit"]
    added = f"{emit['added_ms_median']} ms and {emit['added_statements']} statements"
    table.note = f"To record an event adds {added} to the change that it tells."
    return table


def _beside(part: dict[str, Any]) -> Table:
    rows = part["beside"]
    table = Table(
        f"handled a second: 2 workers of {part['threads_per_worker']} threads, PostgreSQL, Valkey",
        ("what", "a second", "lowest–highest", "messages per 1,000", "÷ bare Celery", "÷ Procrastinate"),
    )
    names = {
        "one by one": "events, exactly once, one an order",
        "lines of 5": "events, exactly once, five an order",
        "lines of 50": "events, exactly once, fifty an order",
        "batches": "events, exactly once, a handler that takes batches",
        "bare Celery": "no-op tasks, bare Celery",
        "Procrastinate": "no-op tasks, Procrastinate",
        "django-celery-outbox": "no-op tasks, django-celery-outbox",
        "lines of 5, writing": "events, exactly once, five an order, each writing a row",
        "bare Celery, writing": "tasks, bare Celery, each writing a row",
    }
    for name, words in names.items():
        if name not in rows:
            continue
        row = rows[name]
        ratios = (times(row["median"], rows[peer]["median"]) for peer in ("bare Celery", "Procrastinate"))
        span = f"{number(row['low'])}–{number(row['high'])}"
        table.rows.append((words, row["median"], span, row["messages_per_1000"], *ratios))
    return table


def _scale(part: dict[str, Any]) -> Table:
    table = Table("the same, scaled", ("by", "handled a second"))
    for name, points in part["scale"].items():
        table.rows.append((name, ", ".join(f"{label}: {number(rate)}" for label, rate in points.items())))
    return table


def _fan_out(part: dict[str, Any]) -> Table:
    table = Table(
        "one change to many sockets, until the last has it, ms",
        ("system", "sockets", "median", "worst", "KiB a socket", "lost"),
    )
    for system, sizes in part["fanout"].items():
        for sockets, row in sizes.items():
            measured = (row["last"]["median"], row["last"]["high"], row["kib_per_socket"], row["lost"])
            table.rows.append((system, int(sockets), *measured))
    table.note = (
        f"The client took in {number(part['ceiling']['frames_per_second'])} frames/s: it is not what is measured."
    )
    return table


def _shop(part: dict[str, Any]) -> Iterator[Table]:
    shops = part["oscar"]["shops"]
    table = Table(
        f"a guest's purchase, and what the shop carries ({part['oscar']['shoppers']} at once)",
        (
            "shop",
            "requests",
            "purchase p50 ms",
            "p99",
            "orders/s",
            "product pages/s",
            "orders/s ÷ Oscar's",
            "pages ÷ Oscar's",
        ),
    )
    oscar = shops.get(OSCAR)
    for title, row in shops.items():
        rates = row["orders_per_second"]["median"], row["pages_per_second"]["median"]
        base = (oscar["orders_per_second"]["median"], oscar["pages_per_second"]["median"]) if oscar else (0, 0)
        ratios = (times(a, b) for a, b in zip(rates, base, strict=True))
        measured = (row["requests"], row["purchase"]["p50"], row["purchase"]["p99"], *rates)
        table.rows.append((title, *measured, *ratios))
    yield table
    checkouts = part["checkouts"]
    table = Table(
        "**Place order** until the answer, event-driven and synchronous",
        ("the world outside", "checkout", "wait p50 ms", "p99", "orders/s", "worker done after s"),
        note=f"Waits at {checkouts['rate']} orders a second; orders a second with {checkouts['shoppers']} shoppers at once.",
    )
    for pace, rows in checkouts["paces"].items():
        for title, row in rows.items():
            wait = row["wait"]
            behind = row.get("behind_seconds", "–")
            table.rows.append((pace, title, wait["p50"], wait["p99"], row.get("orders_per_second", "–"), behind))
    yield table


def _growth(part: dict[str, Any]) -> Iterator[Table]:
    for name, rows in part.items():
        columns = tuple(key for key in rows[0] if key != "rows")
        words = tuple(column.removesuffix("_ms").replace("_", " ") for column in columns)
        table = Table(f"what it costs with so many {name}, ms", (name, *words))
        table.rows = [(row["rows"], *(row[column] for column in columns)) for row in rows]
        yield table


def _hour(part: dict[str, Any]) -> Table:
    table = Table(
        f"memory over {number(part['minutes'])} minutes of {part['orders_per_second']} orders a second, MiB",
        ("process", "first", "steady", "last", "an hour more"),
    )
    for name, row in part["processes"].items():
        measured = (row["first_mib"], row["steady_mib"], row["last_mib"], f"{row['mib_per_hour']:+.2f}")
        table.rows.append((name, *measured))
    return table


def _targets(found: dict[str, Any]) -> Table:
    """What we hold ourselves to, as ratios within the run."""
    table = Table("what we hold ourselves to, as ratios in one run", ("what", "wanted", "this run", ""))

    def row(what: str, got: float, wanted: float, *, least: bool) -> None:
        good = got >= wanted if least else got <= wanted
        sign = "≥" if least else "≤"
        table.rows.append((what, f"{sign} {wanted:g} ×", f"{got:.2f} ×", "reached" if good else "missed"))

    idle = found["latency_valkey"]["idle"]
    for quantile, most in (("p50", 3), ("p99", 6)):
        got = idle[OURS][quantile] / idle[FLOOR][quantile]
        row(f"commit → browser, idle, {quantile} ÷ floor", got, most, least=False)
    for quantile, least in (("p50", 3), ("p99", 4)):
        got = idle[TUTORIAL][quantile] / idle[OURS][quantile]
        row(f"the tutorials' {quantile} ÷ ours, idle", got, least, least=True)
    loaded = found["latency_valkey"]["loaded"]
    for share in ("half of capacity", "nine tenths of capacity"):
        got = loaded[TUTORIAL]["at"][share]["p99"] / loaded[OURS]["at"][share]["p99"]
        row(f"the tutorials' p99 ÷ ours, each at {share} of its own", got, 4, least=True)
    if same := loaded[OURS]["at"].get("half of the tutorials' capacity"):
        got = loaded[TUTORIAL]["at"]["half of capacity"]["p99"] / same["p99"]
        row("the tutorials' p99 ÷ ours, both at half of theirs", got, 4, least=True)
    rates = {name: each["median"] for name, each in found["throughput"]["beside"].items()}
    best = max(rates["lines of 50"], rates["batches"])
    row("events/s exactly once, of a backlog ÷ bare Celery's no-op tasks/s", best / rates["bare Celery"], 1, least=True)
    row("the same at five an order", rates["lines of 5"] / rates["bare Celery"], 1, least=True)
    row("events/s of a backlog ÷ Procrastinate's no-op tasks/s", best / rates["Procrastinate"], 5, least=True)
    scale = found["throughput"]["scale"]["workers, lines of 5"]
    row("2 workers ÷ 1, on the two cores that all share", scale["2"] / scale["1"], 1.7, least=True)
    if scale := found["throughput"]["scale"].get("workers, handlers that wait"):
        row("2 workers ÷ 1, of handlers that need no core", scale["2"] / scale["1"], 1.7, least=True)
    shops = found["shop"]["oscar"]["shops"]
    if oscar := shops.get(OSCAR):
        ours = shops["Doorbell"]
        row("Oscar's purchase ÷ ours, p50", oscar["purchase"]["p50"] / ours["purchase"]["p50"], 4, least=True)
        for what, words in (("orders_per_second", "orders/s"), ("pages_per_second", "product pages/s")):
            row(f"our {words} ÷ Oscar's", ours[what]["median"] / oscar[what]["median"], 5, least=True)
    paces = found["shop"]["checkouts"]["paces"]
    usual, slow = paces["payment 200 ms, mail 50 ms"], paces["payment 200 ms, mail 2 s"]
    got = usual["synchronous"]["wait"]["p99"] / usual["event-driven"]["wait"]["p99"]
    row("the synchronous wait at checkout ÷ ours, p99", got, 5, least=True)
    got = slow["event-driven"]["wait"]["p50"] / usual["event-driven"]["wait"]["p50"]
    row("our wait with mail that takes 2 s ÷ without, p50", got, 1.1, least=False)
    costs: dict[int, list[float]] = {}
    for one in found["growth"]["events"]:  # the first size comes twice, before and after the others
        costs.setdefault(one["rows"], []).append(one["emit_ms"] + one["handle_ms"])
    few, many = min(costs), max(costs)
    got = costs[many][0] / statistics.mean(costs[few])
    row(f"an event with {number(many)} in the log ÷ with {number(few)}", got, 1.2, least=False)
    return table


def show(found: dict[str, Any]) -> None:
    """In the terminal."""
    console = Console()
    where = found["where"]
    console.print(
        f"{where['cores']} cores, {where['processor']}, {where['memory_gib']} GiB; {where['system']}; Python {where['python']}; "
        f"{where['postgresql']}; Valkey {where['valkey']}; commit {where['commit']}"
    )
    for table in every(found):
        shown = RichTable(*table.columns, title=table.title.replace("**", ""), title_justify="left")
        for row in table.rows:
            shown.add_row(*(number(cell) for cell in row))
        console.print(shown)
        if table.note:
            console.print(table.note)


def markdown(table: Table) -> str:
    """For the README."""
    lines = [f"| {' | '.join(table.columns)} |", f"|{'---|' * len(table.columns)}"]
    lines += [f"| {' | '.join(number(cell) for cell in row)} |" for row in table.rows]
    return "\n".join(
        [f"{table.title[0].upper()}{table.title[1:]}", "", *lines, *(["", table.note] if table.note else [])]
    )


def _of(found: dict[str, Any]) -> str:
    where = found["where"]
    return (
        f"One run of `{found['command']}` on {where['cores']} shared cores ({where['processor']}), "
        f"Python {where['python']}, {where['postgresql']}, Valkey {where['valkey']}, commit {where['commit']}"
        + "".join(f"; {name} measured again at {one['commit']}" for name, one in found.get("again", {}).items())
        + (f"; memory from `make bench-hour` at {found['hour']['commit']}" if "hour" in found else "")
    )


def readme(found: dict[str, Any], source: str) -> str:
    """The part of the README between its marks."""
    everything = f"{source.removesuffix('.json')}/README.md"
    parts = [
        f"{_of(found)}; from [{source}]({source}). [All its tables]({everything}); "
        "[how each is taken, and what it does not show](bench/README.md); [what made it fast, and what did not](bench/LOG.md).",
    ]
    wanted = (
        "what we hold",
        "commit → browser, idle, broker Valkey",
        "where the milliseconds go",
        "handled a second",
        "a guest's purchase",
        "**Place order**",
        "memory over",
    )
    parts += [markdown(table) for table in every(found) if table.title.startswith(wanted)]
    return "\n\n".join(parts)


def whole(found: dict[str, Any], source: str) -> str:
    """Every table, and the plots beside them."""
    pictures = ("latency-idle", "latency-half", "latency-nine-tenths", "scaling", "checkout", "growth")
    parts = [
        f"# {found['at'][:10]}",
        f"{_of(found)}; {found['where']['memory_gib']} GiB, {found['where']['system']}; "
        f"{found['seconds']['all'] / 60:.1f} minutes. The same figures: [{source}](../{Path(source).name}). [How each is taken](../../README.md).",
        *(markdown(table) for table in every(found)),
        *(f"![{name}]({name}.svg)" for name in pictures),
    ]
    return "\n\n".join(parts) + "\n"


def write_readme(found: dict[str, Any], source: str) -> None:
    """The README, between its marks and nowhere else; and the run's own."""
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{readme(found, source)}\n{END}{after}")
    folder = ROOT / source.removesuffix(".json")
    folder.mkdir(exist_ok=True)
    (folder / "README.md").write_text(whole(found, source))


def main() -> None:
    """Print a run's tables; with `--readme`, put them there."""
    path = Path(sys.argv[1])
    found = json.loads(path.read_text())
    show(found)
    if "--readme" in sys.argv:
        write_readme(found, str(path.resolve().relative_to(ROOT)))


if __name__ == "__main__":
    main()
