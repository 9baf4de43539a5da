"""The address to which the carriers post."""

from collections import Counter

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orders.models import WebhookEvent
from orders.shipping import scans
from orders.shipping.carriers import base

MOST = 500
"""Scans that are read from one webhook."""


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, carrier: str) -> JsonResponse:
    """What a carrier posts. 200 heard (again), 401 wrong signature, 404 no such carrier, 422 makes no sense.

    A parcel that is not known yet is no error: its scans wait for somebody to type the number.
    """
    try:
        known = base.named(carrier)
    except base.UnknownCarrier as problem:
        return JsonResponse({"error": str(problem)}, status=404)
    body = request.body.decode(errors="replace").replace("\0", "")
    try:
        heard = known.parse(request.headers, request.body)
    except base.BadWebhook as problem:
        return JsonResponse({"error": str(problem)}, status=401)
    except base.Unreadable as problem:
        return JsonResponse({"error": str(problem)}, status=422)
    outcome = _hear(known.name, heard)
    _keep(f"carriers/{known.name}", heard.id, body, outcome)
    return JsonResponse({"outcome": outcome})


def _hear(carrier: str, heard: base.Webhook) -> str:
    """Book each scan in a transaction of its own, oldest first. Returns how many came to what."""
    came: Counter[str] = Counter()
    for report in sorted(heard.reports, key=lambda each: each.at)[-MOST:]:
        number = "".join(report.tracking.split())
        if not number or len(number) > 60 or "\0" in number + report.place:
            came["no tracking number"] += 1
            continue
        came[scans.hear(carrier, number, report.kind, report.at, place=report.place)] += 1
    return ", ".join(f"{n} {what}" for what, n in came.items()) or "no scan"


def _keep(sender: str, event: str, body: str, outcome: str) -> None:
    with transaction.atomic():
        kept, fresh = WebhookEvent.objects.get_or_create(
            gateway=sender, event_id=event, defaults={"body": body, "outcome": outcome[:200]}
        )
        if not fresh:
            WebhookEvent.objects.filter(pk=kept.pk).update(times=F("times") + 1)
