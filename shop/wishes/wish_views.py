"""The page of the wish list, and its changes."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from shop.catalog.models import Product
from shop.catalog.views import for_sale
from shop.lib.returning import came_from
from shop.markets.places import here
from shop.wishes import sharing, sharing_form, wish_list


@never_cache
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """What the visitor wishes for, the newest first. What is not sold any more is not shown."""
    return shown(request)


def shown(request: HttpRequest, form: Any = None, status: int = 200) -> HttpResponse:
    """The page, with the form of its link as it was sent."""
    shared = sharing.of(request.user) if request.user.is_authenticated else None
    context = {
        "products": sold(request, wish_list.keys(request)),
        "link": sharing.url(shared) if shared else "",
        "form": form or sharing_form.TitleForm(initial={"title": shared.title if shared else ""}),
    }
    return render(request, "wishes/list.html", context, status=status)


def sold(request: HttpRequest, wished: Sequence[int]) -> list[Product]:
    """Those of the products that are sold to this visitor, in this order."""
    found = {product.pk: product for product in for_sale(here(request).currency).filter(pk__in=wished)}
    return [found[key] for key in wished if key in found]


@require_POST
def change(request: HttpRequest, product_id: int) -> HttpResponse:
    """Put a product on the list, or take it off."""
    if request.POST.get("off"):
        wish_list.take_off(request, product_id)
        messages.success(request, _("It is no longer on your wish list."))
    elif Product.objects.filter(pk=product_id, active=True).exists():
        wish_list.put(request, product_id)
        messages.success(request, _("It is on your wish list."))
    else:
        raise Http404(_("There is no such product."))
    return redirect(came_from(request))
