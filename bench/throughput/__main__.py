"""Events handled exactly once, a second: by handler, workers, partitions, batch and depth; beside tasks of others that
do the same. Prints JSON.

A part of `python -m bench`, which sets the environment up. Neither writing the backlog nor starting the workers is in a
figure.
"""

import json
import os
import tempfile
from collections.abc import Callable
from typing import Any

from bench import kit
from bench.figures import spread
from bench.throughput import marks, ours, peers
from bench.throughput.standing import THREADS, Workers

Run = tuple[int, Callable[[Workers, int], dict[str, Any]]]
"""How many, and how they are handled."""

ONCE = ("five an order + a row", "bare Celery + a row", "four partitions", "batches of 500")
"""In the first round only: no target divides by these."""
QUICK = "one an order,five an order,bare Celery,Procrastinate"


def events(handler: str, each: int) -> Callable[[Workers, int], dict[str, Any]]:
    """A backlog with so many events of each order."""
    return lambda running, count: ours.events(running, handler, count, max(1, count // each))


def groups(n: int) -> list[tuple[Callable[[], Any], dict[str, Run]]]:
    """Workers, and what they are measured with. `n` events are a backlog of some seconds."""

    def writing(running: Workers, count: int) -> dict[str, Any]:
        return peers.celery(running, count, write=True)

    one, five, fifty = (events("bench.each", each) for each in (1, 5, 50))
    batches = events("bench.batch", 5)
    return [
        (
            lambda: ours.workers("bench.each", 2),
            {"one an order": (n // 3, one), "five an order": (n, five), "fifty an order": (n, fifty)},
        ),
        (
            lambda: peers.celery_workers(2),
            {"bare Celery": (n, peers.celery), "bare Celery + a row": (n // 2, writing)},
        ),
        (lambda: peers.procrastinate_workers(2), {"Procrastinate": (n // 3, peers.procrastinate)}),
        (lambda: peers.outbox_workers(2), {"django-celery-outbox": (n // 3, peers.outbox)}),
        (
            lambda: ours.workers("bench.each", 1),
            {"five an order by 1 worker": (n, five)},
        ),
        (lambda: ours.workers("bench.batch", 2), {"batches": (n, batches)}),
        (lambda: ours.workers("bench.waiting", 1), {"waiting by 1 worker": (200, events("bench.waiting", 1))}),
        (lambda: ours.workers("bench.waiting", 2), {"waiting by 2 workers": (400, events("bench.waiting", 1))}),
        (lambda: ours.workers("bench.writing", 2), {"five an order + a row": (n // 2, events("bench.writing", 5))}),
        (lambda: ours.workers("bench.each", 2, partitions=4), {"four partitions": (n, five)}),
        (lambda: ours.workers("bench.batch", 2, batch=500), {"batches of 500": (n, batches)}),
    ]


def compared(n: int, rounds: int, wanted: str) -> dict[str, Any]:
    """All groups in turns, A B A B: a slow minute of the machine is everybody's."""
    found: dict[str, list[dict[str, Any]]] = {}
    counts: dict[str, int] = {}
    for turn in range(rounds):
        for prepared, runs in groups(n):
            chosen = {
                name: run
                for name, run in runs.items()
                if (not wanted or name in wanted.split(",")) and not (turn and name in ONCE)
            }
            if not chosen:
                continue
            with prepared() as running:
                for name, (count, run) in chosen.items():
                    found.setdefault(name, []).append(run(running, count))
                    counts[name] = count
                    kit.say(f"  {name}, round {turn + 1}: {found[name][-1]['rate']:,.0f}/s")
    return {
        name: {
            **spread([one["rate"] for one in each], 0),
            "of": counts[name],
            "doubled": sum(one["doubled"] for one in each),
            "messages_per_1000": round(1000 * each[-1]["messages"] / counts[name], 1),
        }
        for name, each in found.items()
    }


def main() -> None:
    """The figures, as JSON."""
    args = kit.arguments()
    os.environ[marks.FOLDER] = tempfile.mkdtemp(prefix="marks-", dir=os.environ["DATA_DIR"])
    kit.site()
    wanted = args.only or (QUICK if args.quick else "")
    rows = compared(*((1_500, 1) if args.quick else (4_500, 3)), wanted)
    print(json.dumps({"threads_per_worker": THREADS, "rows": rows}))


if __name__ == "__main__":
    main()
