"""The one search of the admin (Ctrl K): orders, customers, products and stock, by whatever names one of them."""

import time
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from unfold.dataclasses import SearchResult

from orders import customers
from orders.models import Order
from shop.accounts.models import User
from shop.catalog.models import Product, Stock

MOST = 6
"""Hits of one kind that are shown."""
LONGEST = 100
"""Characters that are searched for."""
KINDS: tuple[tuple[Any, str], ...] = (
    (Order, "package_2"),
    (User, "person"),
    (Product, "shelves"),
    (Stock, "inventory"),
)


@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """The hits as a fragment.

    It stands in the place of the theme's own page, which keeps hits for five minutes: an order that has just been
    placed would not be found.
    """
    started = time.monotonic()
    hits = find(request, request.GET.get("s", ""))
    pages = Paginator(hits, max(1, len(hits)))
    context = {
        "results": pages.page(1),
        "page_obj": pages,
        "page_counter": 0,
        "execution_time": time.monotonic() - started,
        "command_show_history": False,
    }
    return TemplateResponse(request, "unfold/helpers/command_results.html", context, headers={"HX-Trigger": "search"})


def find(request: HttpRequest, term: str) -> list[SearchResult]:
    """What the lists of the admin find for whoever may see them, and the pages of that name.

    An order is found by its reference, name, mail address, SKU or tracking number; a guest by the orders.
    """
    term = term.replace("\0", "").strip()[:LONGEST]
    if not term:
        return []
    return [
        *_guests(request, term),
        *(hit for model, icon in KINDS for hit in _hits(request, model, icon, term)),
        *_pages(request, term),
    ]


def _guests(request: HttpRequest, term: str) -> list[SearchResult]:
    """Who ordered under exactly this mail address, for those who may see customers."""
    user: Any = request.user
    if "@" not in term or not (user.has_perm("orders.see_customers") and user.has_perm("orders.view_order")):
        return []
    order = customers.by_email(term)
    if order is None:
        return []
    return [
        SearchResult(
            title=f"{order.name} · {order.email}",
            description=str(_("all orders of a customer")),
            link=customers.page_of(order),
            icon="person",
        )
    ]


def _pages(request: HttpRequest, term: str) -> list[SearchResult]:
    return [
        SearchResult(title=str(model["name"]), description=str(app["name"]), link=model["admin_url"], icon="tag")
        for app in admin.site.get_app_list(request)
        for model in app["models"]
        if term.lower() in str(model["name"]).lower() and model["admin_url"]
    ]


def _hits(request: HttpRequest, model: Any, icon: str, term: str) -> list[SearchResult]:
    its_admin = admin.site.get_model_admin(model)
    if not its_admin.has_view_permission(request):
        return []
    found, repeats = its_admin.get_search_results(request, its_admin.get_queryset(request), term)
    rows = (found.distinct() if repeats else found)[:MOST]
    names = model._meta
    return [
        SearchResult(
            title=_title(row),
            description=str(names.verbose_name),
            link=reverse(f"admin:{names.app_label}_{names.model_name}_change", args=[row.pk]),
            icon=icon,
        )
        for row in rows
    ]


def _title(row: Any) -> str:
    if isinstance(row, Order):
        return f"{row.ref} · {row.name} · {row.get_status_display()}"
    return f"{row.sku} · {row.variant}" if isinstance(row, Stock) else str(row)
