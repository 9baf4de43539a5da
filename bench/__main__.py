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
    result = {
        "machine": platform.platform(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "milliseconds": rows,
    }
    target = ROOT / "var" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=1))
    print(f"written to {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
