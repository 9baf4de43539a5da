"""`make bench`: the figures of the README, beside the floor that any durable push has, in one run.

The floor is what nobody can go below with these parts: commit a row to SQLite, PUBLISH to Valkey, receive in another
thread. Ours is the whole way: a transition committed with its signed events, Celery, the handler, the channel layer, a
websocket – under a load of orders that move.
"""

import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import redis
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 300


def quantiles(values: list[float]) -> dict[str, float]:
    """p50, p95, p99, max."""
    ordered = sorted(values)
    at = {
        name: ordered[min(len(ordered) - 1, int(len(ordered) * q))]
        for name, q in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    return {name: round(value, 2) for name, value in {**at, "max": ordered[-1]}.items()}


def floor(folder: Path, url: str) -> list[float]:
    """Milliseconds from before the commit to the receipt of the message."""
    database = sqlite3.connect(folder / "floor.sqlite3")
    database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (n INTEGER);")
    client = redis.Redis.from_url(url)
    listener = client.pubsub()
    listener.subscribe("floor")
    received: dict[int, float] = {}
    done = threading.Event()

    def listen() -> None:
        for message in listener.listen():
            if message["type"] == "message":
                received[int(message["data"])] = time.perf_counter()
                if len(received) == ROUNDS:
                    done.set()
                    return

    threading.Thread(target=listen, daemon=True).start()
    time.sleep(0.2)
    sent: dict[int, float] = {}
    for n in range(ROUNDS):
        sent[n] = time.perf_counter()
        with database:
            database.execute("INSERT INTO t VALUES (?)", (n,))
        client.publish("floor", n)
        time.sleep(0.01)
    done.wait(10)
    return [(received[n] - sent[n]) * 1000 for n in sent if n in received]


def shop(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """The shop on the embedded default, in a folder of its own."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {"DATA_DIR": str(folder), "DEMO": "1"},
        stdout=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return process
        except httpx.HTTPError:
            time.sleep(0.2)
    process.terminate()
    raise SystemExit("bench: the shop did not start")


def measure(module: str, database: str, quick: bool) -> dict[str, Any]:
    """The figures of a module of this package on servers of their own."""
    from tests.support.servers import Postgres, valkey

    folder = Path(tempfile.mkdtemp(prefix="doorbell-bench-"))
    server = Postgres(safe=True) if database == "postgres" else None
    try:
        with valkey() as url:
            environment = {
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "AS_SHIPPED": "1",
                "DATABASE_URL": server.start() if server else f"sqlite:///{folder}/bench.sqlite3",
                "REDIS_URL": url,
                "BROKER_URL": url,
                "DATA_DIR": str(folder),
                "LOG_LEVEL": "CRITICAL",
            }
            command = [sys.executable, "-m", module, *(["--quick"] if quick else [])]
            done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, check=True)
            found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            return found
    finally:
        if server:
            server.remove()


def show(backbone: dict[str, dict[str, Any]]) -> None:
    """The backbone's tables."""
    found = backbone["postgres"]
    peer = found["bare_celery"]["tasks_per_second"]
    table = Table(
        *("PostgreSQL + Valkey, 2 workers", "events/s", "÷ bare Celery", "messages", "handler runs"),
        title="Handled exactly once; messages and runs per 1,000 events",
    )
    for name in ("one_by_one", "lines_of_5", "lines_of_50", "batch", "latest"):
        row = found[name]
        rate, thousands = row["events_per_second"], (row["handled"] + row["superseded"]) / 1000
        per_1000 = (f"{row[what] / thousands:.3g}" for what in ("messages", "runs"))
        table.add_row(name.replace("_", " "), f"{rate:,}", f"{rate / peer:.2f}", *per_1000)
    table.add_row("bare Celery, no-op tasks", f"{peer:,}", "1.00", "1000", "1000")
    Console().print(table)
    idle, load = found["idle"], found["load"]
    table = Table("milliseconds", "p50", "p95", "p99", "max")
    for name, row in (
        ("commit → inside the handler, idle", idle["handler"]),
        ("commit → settled, idle", idle["settled"]),
        ("commit → settled, under load", load["delay"]),
    ):
        table.add_row(name, *(str(row[q]) for q in ("p50", "p95", "p99", "max")))
    Console().print(table)
    print(
        f"under load: {load['events_per_second']} events/s, {load['messages_per_1000_events']} messages per 1,000 events"
    )
    row = found["coalescing"]
    print(f"a backlog of {row['events']} events: {row['messages']} messages, {row['events_per_message']} events each")
    for half, row in found["broker_away"].items():
        print(f"a change with its event, broker {half}: p50 {row['p50']} ms, p99 {row['p99']} ms")
    for name, part in backbone.items():
        emit = part["emit"]
        print(
            f"{name}: an event adds {emit['added_ms_median']} ms and {emit['added_statements']} statements to a change"
        )
        table = Table("rows in the log", "emit ms", "handle ms", title=name)
        for row in part["growth"]:
            table.add_row(f"{row['rows']:,}", str(row["emit_ms"]), str(row["handle_ms"]))
        Console().print(table)


def show_live(found: dict[str, Any]) -> None:
    """The live layer's tables."""
    for name, why in found["missing"].items():
        print(f"{name}: not measured, {why}")
    columns = {
        "idle": ("commit → frame, idle, ms", lambda row: row, ("p50", "p95", "p99", "p99.9", "max")),
        "crowd": (
            "commit → frame, many sockets, 200 changes/s, ms",
            lambda row: row["frame"],
            ("p50", "p95", "p99", "max"),
        ),
        "fanout": ("one change to 1,000 sockets, until the last has it, ms", lambda row: row["last"], ("p50", "max")),
    }
    for part, (title, of, names) in columns.items():
        more = {"crowd": ("lost", "kib_per_socket", "changes_per_second"), "fanout": ("lost",)}.get(part, ())
        table = Table(title, *names, *(name.replace("_", " ") for name in more))
        for system, row in found[part].items():
            table.add_row(system, *(str(of(row)[n]) for n in names), *(str(row[n]) for n in more))
        Console().print(table)
    for part in ("slow", "hostile", "board", "stock", "churn", "storm", "ceiling"):
        print(f"{part}: {json.dumps(found[part], ensure_ascii=False)}")


def main() -> None:
    """Run, print, write `var/bench.json`."""
    from tests.support.servers import free_port

    folder = Path(tempfile.mkdtemp(prefix="doorbell-bench-"))
    port = free_port()
    process = shop(folder, port)
    try:
        url = (folder / "run" / "valkey.url").read_text()
        lowest = floor(folder, url)
        out = folder / "simulation.json"
        command = [
            "manage.py",
            "simulate",
            "--orders",
            "150",
            "--rate",
            "4",
            "--pace",
            "1.5",
            "--seed",
            "1",
            "--json",
            str(out),
        ]
        environment = os.environ | {"DATA_DIR": str(folder), "DEMO": "1"}
        subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)
    finally:
        process.terminate()
        process.wait(15)
    ours = json.loads(out.read_text())
    rows = {
        "floor: SQLite commit → PUBLISH → received": quantiles(lowest),
        "ours: event → handler `live` settled": quantiles(ours["handled"]["live"]),
        "ours: event → frame at the websocket": quantiles(ours["browser"]),
    }
    table = Table("milliseconds", "p50", "p95", "p99", "max", "p50 ÷ floor")
    base = rows["floor: SQLite commit → PUBLISH → received"]["p50"]
    for name, figures in rows.items():
        table.add_row(name, *(f"{v:.2f}" for v in figures.values()), f"{figures['p50'] / base:.1f}")
    Console().print(table)
    quick = "--quick" in sys.argv
    live = measure("bench.live", "postgres", quick)
    backbone = {name: measure("bench.backbone", name, quick) for name in ("postgres", "sqlite")}
    result = {
        "live": live,
        "backbone": backbone,
        "machine": platform.platform(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "milliseconds": rows,
    }
    target = ROOT / "var" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1))
    show_live(live)
    show(backbone)
    print(f"written to {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
