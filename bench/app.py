"""The shop's Celery application, with a task that does nothing and one that writes a row: the peers of the throughput
figures.
"""

import os

from bench.throughput import marks
from shop.celery import app


@app.task(name="bench.noop", ignore_result=True)
def noop(n: int) -> None:
    """Nothing, and a mark that it was done."""
    marks.leave(n)


@app.task(name="bench.writing", ignore_result=True)
def writing(n: int) -> None:
    """The row that our handler leaves for an event, committed by itself."""
    from tests.support.probe.models import Effect

    Effect.objects.bulk_create([Effect(handler="bench.writing", stream="bench", seq=n, pid=os.getpid())])
    marks.leave(n)
