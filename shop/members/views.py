"""The account's first page, how its owner signs in, and which messages they want."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orders.models import Order
from orders.notifications import choices
from shop.accounts.models import User
from shop.members import guest_orders


@never_cache
@login_required
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What belongs to the account, and the orders that were placed with its mail address before there was one."""
    person = _person(request)
    context = {
        "orders": Order.objects.filter(user=person).count(),
        "newest": Order.objects.filter(user=person).order_by("-placed_at").first(),
        "address": person.saved_addresses.first(),
        "unclaimed": guest_orders.of(person).count(),
        "verified": EmailAddress.objects.filter(user=person, verified=True).exists(),
    }
    return render(request, "members/overview.html", context)


@never_cache
@login_required
@require_POST
def add_orders(request: HttpRequest) -> HttpResponse:
    """Add the orders that a guest placed with a confirmed mail address of this person."""
    number = guest_orders.add_to_account(_person(request))
    if number:
        messages.success(
            request,
            ngettext("%(n)s order was added to your account.", "%(n)s orders were added to your account.", number)
            % {"n": number},
        )
    return redirect("orders:orders")


@never_cache
@login_required
@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """Password, mail address, passkeys, second factor, and where somebody is signed in."""
    person = _person(request)
    kinds = list(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    context = {
        "email": person.email,
        "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
        "app": Authenticator.Type.TOTP in kinds,
        "sign_ins": UserSession.objects.filter(user=person).count(),
    }
    return render(request, "members/sign_in.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """Which messages this person wants, by kind and way; of staff also whether shoppers read their first name."""
    person = _person(request)
    if request.method == "POST":
        person.silenced = [key for key in choices.KEYS if key not in request.POST]
        if person.is_staff:
            person.shows_name = "shows_name" in request.POST
        person.save(update_fields=["silenced", "shows_name"])
        messages.success(request, _("That is saved."))
        return redirect("members:notifications")
    return render(request, "members/notifications.html", {"kinds": choices.shown(person.silenced), "person": person})


def _person(request: HttpRequest) -> User:
    person: Any = request.user
    return User.objects.get(pk=person.pk)
