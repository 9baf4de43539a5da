"""Where the tables are written: `docs/performance.md`, and five figures in the README between its marks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.kit import ROOT
from bench.report.cells import Table, markdown, number
from bench.report.names import FLOOR, NCHAN, OSCARS, OURS, SHOP, USUAL
from bench.report.reading import Reading, better, dig, quantile, rate, ratio, spread_of, times
from bench.report.tables import every, memory
from bench.report.targets import Target

README, PERFORMANCE = ROOT / "README.md", ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
RESULTS = ROOT / "bench" / "results"
RUN, HOUR = RESULTS / "run.json", RESULTS / "hour.json"
"""The run that is kept, and the last hour of load."""
PICTURES = {
    "latency-idle": "Commit → browser, idle",
    "latency-nine-tenths": "Due → browser at nine tenths of what each system carries",
    "growth": "What it costs as it grows",
}


def kept(path: Path) -> dict[str, Any]:
    """What is kept there; nothing if nothing is."""
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def provenance(found: dict[str, Any]) -> str:
    """Which run it was, and where."""
    if not found:
        return "No run of this version is kept yet: `make bench-keep` makes one."
    where = found["where"]
    return (
        f"One run of `{found['command']}` on {found['at'][:10]}: commit {where['commit']}, "
        f"{where['cores']} shared cores "
        f"({where['processor']}), {where['memory_gib']} GiB, Python {where['python']}, {where['postgresql']}, "
        f"Valkey {where['valkey']}, {found['seconds']['all'] / 60:.1f} minutes."
    )


def _row(unit: str, ours: Reading, peer: str, theirs: Reading, words: str, target: Target) -> tuple[str, ...]:
    """What is measured, our figure, the one beside it, and how their ratio stands to what is wanted of it, if something
    is.
    """

    def figure(reading: Reading) -> str:
        return reading.why or f"{number(reading.value)} {unit}"

    sign = "≥" if target.least else "≤"
    wanted = f"{sign} {target.wanted:g} ×: {target.verdict}" if target.wanted else "–"
    return target.what, figure(ours), f"{peer}: {figure(theirs)}", f"{words}: {times(target.got)}", wanted


def _five(found: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    idle = dig(found, "latency_valkey", "idle") or {}
    ours, theirs = (quantile(idle.get(title), "p50") for title in (OURS, FLOOR))
    what = f"commit → browser, idle, median of {number(dig(idle, OURS, 'n'))}"
    target = Target(what, 3, ratio(ours, theirs), least=False)
    yield _row("ms", ours, "`COMMIT`, `PUBLISH`, a socket", theirs, "ours ÷ it", target)

    rows = dig(found, "throughput_valkey", "rows") or {}
    ours, theirs = rate(rows.get("one an order")), rate(rows.get("bare Celery"))
    target = Target("handled a second, one event an order, exactly once", 1, ratio(ours, theirs))
    yield _row("/s", ours, "bare Celery's tasks", theirs, "ours ÷ it", target)

    crowd = dig(found, "latency_valkey", "fanout") or {}
    ours, theirs = (spread_of(dig(crowd, title, "5000", "last")) for title in (OURS, NCHAN))
    target = Target("one change, until the last of 5,000 browsers has it", 0, ratio(ours, theirs))
    yield _row("ms", ours, NCHAN, theirs, "ours ÷ it", target)

    shops = dig(found, "shop", "oscar", "shops") or {}
    medians = {title: spread_of(dig(shops, title, "purchase_p50_of_rounds")) for title in (SHOP, *OSCARS)}
    ours = medians.pop(SHOP)
    title, theirs = better(medians, low=True)
    target = Target("a guest's purchase, median", 4, ratio(theirs, ours))
    yield _row("ms", ours, title or "django-oscar", theirs, "it ÷ ours", target)

    waits = dig(found, "shop", "checkouts", "paces", USUAL) or {}
    ours, theirs = (quantile(dig(waits, title, "wait"), "p95") for title in ("event-driven", "synchronous"))
    count = number(dig(waits, "event-driven", "wait", "n"))
    what = f"**Place order** until the answer, p95 of {count} ({USUAL})"
    target = Target(what, 5, ratio(theirs, ours))
    yield _row("ms", ours, "the same checkout, synchronous", theirs, "it ÷ ours", target)


def readme(found: dict[str, Any]) -> str:
    """The part of the README between its marks."""
    table = Table("", ("what", "Doorbell", "beside it", "ratio", "wanted"), [*_five(found)])
    lines = markdown(table).partition("\n\n")[2]
    return (
        f"{lines}\n\n{provenance(found)} [Every table, and every target that is missed](docs/performance.md); "
        "[how each figure is taken](bench/README.md)."
    )


def performance(found: dict[str, Any], hour: dict[str, Any]) -> str:
    """The part of `docs/performance.md` between its marks."""
    pictures = [f"![{words}](../bench/results/{name}.svg)" for name, words in PICTURES.items()] if found else []
    source = " The same figures as JSON: [run.json](../bench/results/run.json)." if found else ""
    tables = (markdown(table) for table in every(found))
    return "\n\n".join([provenance(found) + source, *tables, markdown(memory(hour)), *pictures])


def write(found: dict[str, Any], hour: dict[str, Any]) -> None:
    """Both pages, between their marks and nowhere else."""
    for page, text in ((README, readme(found)), (PERFORMANCE, performance(found, hour))):
        before, _, rest = page.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def dumped(found: dict[str, Any]) -> str:
    """A run as JSON, a line for each part: a diff shows which part is another."""
    lines = (f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in found.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"
