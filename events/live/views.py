"""The live layer over HTTP: tickets, and polling for those whose websockets fail."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from events.live import reading, tickets
from events.live.protocol import SUBSCRIPTIONS, not_yours


@require_GET
@never_cache
def ticket(request: HttpRequest) -> JsonResponse:
    """`GET /live/ticket`: a new ticket for this session."""
    return JsonResponse({"ticket": tickets.issue(request)})


@require_GET
@never_cache
def poll(request: HttpRequest) -> HttpResponse:
    """`GET /live/poll?s=&e=&n=`: the frames of the websocket as a JSON array; 304 if there is nothing new.

    The three may come several times, for several streams; then the array has an error frame for each stream that is
    not the viewer's, where one stream by itself is answered by 404.
    """
    names, epochs, versions = (request.GET.getlist(name) for name in ("s", "e", "n"))
    several = len(names) > 1
    if not several:
        names, epochs, versions = names or [""], epochs[:1] or [""], versions[:1] or [""]
    if len(names) > SUBSCRIPTIONS:
        return _refused(400, "bad_request", f"At most {SUBSCRIPTIONS} streams can be asked for at once.")
    if not len(names) == len(epochs) == len(versions):
        return _refused(400, "bad_request", "With several streams, each has its s, e and n; e and n may be empty.")
    if any(n and not (n.isascii() and n.isdigit() and len(n) < 16) for n in versions):
        return _refused(400, "bad_request", "n is a number, 0 or more.")
    viewer = tickets.viewer_of(request)
    found = {name: reading.topic_of(name, viewer) if name and len(name) <= 120 else None for name in names}
    if not several and not found[names[0]]:
        return _refused(404, "not_yours", "This stream is not yours to watch.")
    # What has not moved is not read: one query tells that for all streams of a kind.
    current, heads = reading.read_heads({of[1] for of in found.values() if of})
    frames: list[dict[str, Any]] = []
    for name, epoch, n in zip(names, epochs, versions, strict=True):
        of = found[name]
        if of is None:
            frames.append(not_yours(name))
        elif not n or epoch != current or heads.get(of[1]) != int(n):
            frames += reading.read(name, *of, viewer.language, epoch or None, int(n) if n else None).frames
    return JsonResponse(frames, safe=False) if frames else HttpResponse(status=304)


def _refused(status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse({"code": code, "detail": detail}, status=status)
