"""A member's saved addresses. One of them is the default, which the checkout begins with."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from orders.pages import visitors
from orders.pages.forms import AddressForm
from shop.accounts import saved_addresses
from shop.accounts.models import SavedAddress, User
from shop.markets.places import here


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def every(request: HttpRequest) -> HttpResponse:
    """All of them, and a form for another one."""
    form = _form(request, None)
    if request.method == "POST" and "shape" not in request.POST and form.is_valid():
        try:
            saved_addresses.keep(visitors.member(request), _typed(form))
        except saved_addresses.Full:
            form.add_error(None, _("You can keep at most %(most)s addresses.") % {"most": saved_addresses.MOST})
        else:
            messages.success(request, _("The address is saved."))
            return redirect("members:addresses")
    found = SavedAddress.objects.filter(user=request.user.pk)
    return _page(request, form, {"addresses": found})


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one of them."""
    found = get_object_or_404(SavedAddress, pk=pk, user=request.user.pk)
    form = _form(request, found)
    if request.method == "POST" and "shape" not in request.POST and form.is_valid():
        SavedAddress.objects.filter(pk=found.pk, user=request.user.pk).update(**_typed(form))
        messages.success(request, _("The address is saved."))
        return redirect("members:addresses")
    return _page(request, form, {"saved": found})


@never_cache
@login_required
@require_POST
def make_default(request: HttpRequest, pk: int) -> HttpResponse:
    """The checkout begins with this one from now on."""
    with transaction.atomic():
        person = _locked(request)
        chosen = get_object_or_404(SavedAddress, pk=pk, user=person)
        person.saved_addresses.update(is_default=False)
        person.saved_addresses.filter(pk=chosen.pk).update(is_default=True)
    return redirect("members:addresses")


@never_cache
@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one out. Sent twice it is gone all the same."""
    SavedAddress.objects.filter(pk=pk, user=request.user.pk).delete()
    return redirect("members:addresses")


def _locked(request: HttpRequest) -> User:
    """The person, their row locked: of two simultaneous clicks the second waits here."""
    return User.objects.select_for_update().get(pk=visitors.member(request))


def _form(request: HttpRequest, saved: SavedAddress | None) -> AddressForm:
    place = here(request)
    known = saved.fields if saved else {"country": place.country}
    if "shape" in request.POST:  # without JavaScript: a country was chosen, and its fields are wanted
        return AddressForm(initial=request.POST.dict(), fallback=place)
    return AddressForm(request.POST if request.method == "POST" else None, initial=known, fallback=place)


def _typed(form: AddressForm) -> dict[str, str]:
    return {name: str(value) for name, value in form.cleaned_data.items()}


def _page(request: HttpRequest, form: AddressForm, more: dict[str, object]) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "members/addresses.html", {"form": form, **more}, status=status)
