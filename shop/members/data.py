"""My data: everything that is known of a person as a file, and the end of the account."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from orders.pages import visitors
from shop.accounts.models import User
from shop.lib.rate_limits import exceeded
from shop.members import deletion, exporting

GUESSES = 10
"""Passwords that may be tried in an hour."""


@never_cache
@login_required
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """What can be done with it."""
    return render(request, "members/data.html")


@never_cache
@login_required
@require_GET
@reauthentication_required  # type: ignore[untyped-decorator]
def export(request: HttpRequest) -> HttpResponse:
    """Everything as one JSON file."""
    known = exporting.everything(User.objects.get(pk=visitors.member(request)))
    name = f"my-data-{timezone.localdate().isoformat()}.json"
    return JsonResponse(
        known,
        json_dumps_params={"indent": 2, "ensure_ascii": False},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account. Asks for the password; of who has none, to sign in again."""
    person: Any = request.user
    if not person.has_usable_password():
        answer: HttpResponse = reauthentication_required(_delete)(request)
        return answer
    if request.method == "POST":
        if exceeded("delete-account", str(person.pk), GUESSES):
            return _page(request, _("Too many wrong passwords. Please try again in an hour."), 429)
        if not person.check_password(request.POST.get("password", "")):
            return _page(request, _("This is not your password. Nothing was deleted."), 422)
    return _delete(request)


def _delete(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    person: Any = request.user
    try:
        deletion.delete(person.pk)
    except deletion.Refused as refusal:
        return _page(request, str(refusal), 409)
    logout(request)
    messages.success(request, _("Your account is deleted."))
    return redirect("catalog:home")


def _page(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    return render(request, "members/delete.html", {"problem": problem}, status=status)
