"""Check the log: every signature, every sequence."""

from collections.abc import Iterable, Iterator

from events.db.pages import in_pages
from events.log.envelope import BadEnvelope
from events.models import Event, Log


def verify(events: Iterable[Event] | None = None) -> Iterator[tuple[Event, str]]:
    """Check the whole log, or `events` ordered by stream and seq. Yields each event that is wrong, with the reason."""
    pruned = events is not None or Log.objects.filter(pruned_before__isnull=False).exists()
    stream, last = "", 0
    for event in events or in_pages(Event.objects.all(), "stream", "seq"):
        if event.stream != stream:
            stream, last = event.stream, event.seq - 1 if pruned else 0
        if event.seq != last + 1 and not (events is None and _pruned_meanwhile(stream, last)):
            yield event, f"follows #{last}: a gap"
        last = event.seq
        try:
            cloud = event.cloud_event()
        except BadEnvelope as problem:
            yield event, str(problem)
            continue
        if (cloud.id, cloud.type, cloud.sequence) != (str(event.id), event.type, event.seq):
            yield event, "the body is another event's"


def _pruned_meanwhile(stream: str, last: int) -> bool:
    """Whether the beginning of the stream was archived since it was read, up to this event at least."""
    pruned = Log.objects.filter(pruned_before__isnull=False).exists()
    return pruned and not Event.objects.filter(stream=stream, seq__lte=max(last, 1)).exists()
