"""The list of a member's orders."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from events.live import tickets
from events.models import Log
from orders import money
from orders.models import SENT, Order
from orders.pages import visitors
from orders.presentation import present


@never_cache
@login_required
@require_GET
def my_orders(request: HttpRequest) -> HttpResponse:
    """The member's orders, newest first; each row is live."""
    language = get_language() or settings.LANGUAGE_CODE
    mine = Order.objects.filter(user_id=visitors.member(request)).order_by("-placed_at").prefetch_related("lines", SENT)
    page = Paginator(mine, 20).get_page(request.GET.get("page"))
    money.prefetch(page.object_list)
    context = {
        "page": page,
        "rows": [{"order": o, "d": present(o.state(), language)} for o in page],
        "version": sum(Order.objects.filter(user_id=visitors.member(request)).values_list("version", flat=True)),
        "epoch": Log.recent_epoch(),
        "ticket": tickets.issue(request),
    }
    return render(request, "orders/orders.html", context)
