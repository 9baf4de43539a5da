"""The page that compares products, and what a visitor chooses for it. It works without JavaScript."""

from urllib.parse import urldefrag

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shop.catalog import compare, page_parts
from shop.catalog.models import Product
from shop.catalog.views import for_sale
from shop.lib.returning import came_from
from shop.lib.typed_text import whole_number
from shop.markets.places import here


@never_cache
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The table. POST puts a product into it (`product`), takes one out (`off`) or all (`clear`)."""
    if request.method == "POST":
        return _changed(request)
    chosen = compare.keys(request)
    sold = for_sale(here(request).currency).select_related("category")
    found = {product.pk: product for product in sold.filter(pk__in=chosen)} if chosen else {}
    products = [found[key] for key in chosen if key in found]
    context = {
        "products": products,
        "rows": compare.rows(products, page_parts.promise(here(request))),
        "several": len(products) > 1,
        "most": compare.MOST,
        "gone": len(chosen) - len(products),
    }
    response = render(request, "catalog/compare.html", context)
    if context["gone"]:
        compare.keep(response, [product.pk for product in products])  # it is said once
    return response


def _changed(request: HttpRequest) -> HttpResponse:
    """Change the choice, and lead back to the card on which that was done."""
    chosen = compare.keys(request)
    back = urldefrag(came_from(request)).url
    if "clear" in request.POST:
        chosen = []
    elif (off := whole_number(request.POST.get("off", ""))) is not None:
        chosen = [key for key in chosen if key != off]
        back = f"{back}#product-{off}"
    else:
        product = whole_number(request.POST.get("product", ""))
        if product is None or not Product.objects.filter(pk=product, active=True).exists():
            raise Http404(_("There is no such product."))
        try:
            chosen = compare.put(chosen, product)
            back = f"{back}#product-{product}"
        except compare.Full:
            said = _("You compare %(most)s products already. Take one of them off first.")
            messages.warning(request, said % {"most": compare.MOST})
    response = redirect(back)
    compare.keep(response, chosen)
    return response
