"""**Today**: the first page of the admin."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from events.live import tickets
from orders.admin.queues import chips
from orders.queues.presentation import present
from orders.queues.read import read
from shop.catalog import admin_stock


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the page shows to whoever may see orders, and to whoever may see stock.

    The theme calls it, and passes what it has itself.
    """
    context["title"] = _("Today")
    if request.user.has_perm("orders.view_order"):
        state = read()
        context |= {"d": present(state), "queues": chips(state.figures), "ticket": tickets.issue(request)}
    if request.user.has_perm("catalog.view_stock"):
        context["levels"] = admin_stock.chips()
    return context
