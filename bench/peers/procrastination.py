"""Procrastinate: tasks in PostgreSQL, taken by workers that LISTEN.

`python -m bench.peers.procrastination install | defer COUNT | work`.
"""

import asyncio
import os
import sys

import procrastinate
import psycopg

from bench.throughput import marks

CONCURRENCY = 2


app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["DATABASE_URL"]))


@app.task(name="noop", queue="bench")
def noop(n: int) -> None:
    """Nothing, and a mark that it was done."""
    marks.leave(n)


async def _install() -> None:
    async with app.open_async():
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            there = connection.execute("SELECT to_regclass('procrastinate_jobs')").fetchone()
        if not (there and there[0]):
            await app.schema_manager.apply_schema_async()


async def _defer(count: int) -> None:
    async with app.open_async():
        await noop.batch_defer_async(*({"n": n} for n in range(count)))


async def _work() -> None:
    async with app.open_async():
        await app.run_worker_async(queues=["bench"], concurrency=CONCURRENCY, fetch_job_polling_interval=0.1)


if __name__ == "__main__":
    what = sys.argv[1]
    asyncio.run(_install() if what == "install" else _defer(int(sys.argv[2])) if what == "defer" else _work())
