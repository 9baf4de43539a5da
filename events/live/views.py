"""The live layer over HTTP: tickets, and polling for those whose websockets fail."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from events.live import reading, tickets


@require_GET
@never_cache
def ticket(request: HttpRequest) -> JsonResponse:
    """`GET /live/ticket`: a new ticket for this session."""
    return JsonResponse({"ticket": tickets.issue(request)})


@require_GET
@never_cache
def poll(request: HttpRequest) -> HttpResponse:
    """`GET /live/poll?s=&e=&n=`: the frames of the websocket as a JSON array; 304 if there is nothing new."""
    viewer = tickets.viewer_of(request)
    name = request.GET.get("s", "")
    found = reading.topic_of(name, viewer) if name and len(name) <= 120 else None
    if found is None:
        return JsonResponse({"code": "not_yours", "detail": "This stream is not yours to watch."}, status=404)
    given = request.GET.get("n", "")
    if given and not (given.isascii() and given.isdigit() and len(given) < 16):
        return JsonResponse({"code": "bad_request", "detail": "n is a number, 0 or more."}, status=400)
    result = reading.read(name, *found, viewer.language, request.GET.get("e"), int(given) if given else None)
    if not result.frames:
        return HttpResponse(status=304)
    return JsonResponse(result.frames, safe=False)
