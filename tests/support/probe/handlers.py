import os

from events.registry import handler
from tests.support.probe.models import Effect


@handler(
    "order.placed", "order.paid", "order.preparing", "order.shipped", "parcel.scanned", queue="orders", name="witness"
)
def witness(event):
    Effect.objects.create(stream=event.stream, seq=event.sequence, pid=os.getpid())
