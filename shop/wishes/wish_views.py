"""The page of the wish list, and its changes."""

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
from shop.wishes import wish_list


@never_cache
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """What the visitor wishes for, the newest first. What is not sold any more is not shown."""
    wished = wish_list.keys(request)
    found = {product.pk: product for product in for_sale(here(request).currency).filter(pk__in=wished)}
    return render(request, "wishes/list.html", {"products": [found[key] for key in wished if key in found]})


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
