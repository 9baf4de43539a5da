"""The pages of a wish list that is shared by a link: its owner's buttons, and what others see."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from shop.catalog.stock_words import stock_of
from shop.lib.addresses import counted_by
from shop.lib.errors import too_many
from shop.lib.rate_limits import exceeded
from shop.wishes import sharing, wish_list, wish_views
from shop.wishes.sharing_form import TitleForm

MISSES = 60
"""Links of nobody that one address may try in an hour."""


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def change(request: HttpRequest) -> HttpResponse:
    """Share the list, or under another title; a new link (`renew`); no link any more (`end`).

    A GET, which is how somebody comes back from signing in, leads to the list.
    """
    if request.method == "GET":
        return redirect("wishes:list")
    if "end" in request.POST:
        sharing.end(request.user)
        messages.success(request, _("Nobody sees your wish list by a link any more."))
    elif "renew" in request.POST:
        sharing.renew(request.user)
        messages.success(request, _("There is a new link. The old one shows nothing any more."))
    else:
        form = TitleForm(request.POST)
        if not form.is_valid():
            return wish_views.shown(request, form, status=422)
        sharing.share(request.user, form.cleaned_data["title"])
        messages.success(request, _("Whoever has the link sees your wish list."))
    return redirect("wishes:list")


@never_cache
@require_GET
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """A link opens its list for this session, and leads to an address in which nothing is secret."""
    try:
        found = sharing.opened(request, secret)
    except sharing.NotShared:
        if (client := counted_by(request)) and exceeded("wish-link", client, MISSES):
            return too_many(request)
        raise _not_shared() from None
    response = redirect("wishes:shared", found.pk)
    response.status_code = 303
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_GET
def shared(request: HttpRequest, list_id: int) -> HttpResponse:
    """Somebody's wish list, as others see it: what is on it, at this visitor's prices, and nothing of its owner."""
    try:
        found = sharing.seen(request, list_id)
    except sharing.NotShared:
        raise _not_shared() from None
    products = wish_views.sold(request, wish_list.of_member(found.user_id))
    rows = [{"product": product, "stock": stock_of(product)} for product in products]
    return render(request, "wishes/shared.html", {"title": found.title, "rows": rows})


def _not_shared() -> Http404:
    return Http404(_("This wish list is not shared. Please ask for its link again."))
