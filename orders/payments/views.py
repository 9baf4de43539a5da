"""The address to which the gateways post."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orders.payments import service as payments
from orders.payments.gateways import base


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, gateway: str) -> JsonResponse:
    """What a gateway posts. 200 heard (again), 401 wrong signature, 404 unknown payment, 422 makes no sense."""
    try:
        known = base.named(gateway)
    except base.UnknownGateway as problem:
        return JsonResponse({"error": str(problem)}, status=404)
    try:
        update = known.parse(request.headers, request.body)
    except base.BadWebhook as problem:
        return JsonResponse({"error": str(problem)}, status=401)
    except base.Unreadable as problem:
        return JsonResponse({"error": str(problem)}, status=422)
    if update is None:
        return JsonResponse({"outcome": payments.NOT_ABOUT_A_PAYMENT})
    result = payments.receive(gateway, update, request.body.decode(errors="replace").replace("\0", ""))
    return JsonResponse({"outcome": result.outcome}, status=result.status)
