"""Invitations in admin: write one, send it again, withdraw it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from shop.lib.rate_limits import exceeded
from shop.staff import invitations
from shop.staff.models import Invitation

BY_PERSON = 30
"""Mails with an invitation that one person may have sent in an hour."""
TO_ADDRESS = 5
"""Mails with an invitation that one address gets in an hour."""
BADGES = {"open": "info", "expired": "warning", "accepted": "success", "withdrawn": "danger"}
OPEN_ALREADY = gettext_lazy("This address has an open invitation. Send that one again.")
LIST = "admin:staff_invitation_changelist"


def too_many(person: Any, email: str) -> bool:
    """Count one more mail; whether that is too many."""
    return exceeded("invite", str(person.pk), BY_PERSON) or exceeded("invite-to", email.lower(), TO_ADDRESS)


class InvitationForm(forms.ModelForm):
    """Whom to invite, into which role."""

    class Meta:
        model = Invitation
        fields = ("email", "name", "role")

    person: Any = None

    def clean(self) -> dict[str, Any]:
        """Nobody is invited who has the role, or was shut out; nor too often."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return values
        account = invitations.account_of(Invitation(email=values["email"]))
        if account and not account.is_active:
            self.add_error("email", _("The account of this address is not active. Activate it first."))
        elif account and account.is_staff and account.groups.filter(pk=values["role"].pk).exists():
            self.add_error("email", _("This person has this role already."))
        elif Invitation.objects.filter(email__iexact=values["email"], accepted_at=None, withdrawn_at=None).exists():
            self.add_error("email", OPEN_ALREADY)
        elif too_many(self.person, values["email"]):
            self.add_error(None, _("Too many invitations. Please try again in an hour."))
        return values


@admin.register(Invitation)
class InvitationAdmin(ModelAdmin):
    """Who was invited. Nobody edits or deletes an invitation; it is withdrawn."""

    form = InvitationForm
    list_display = ("email", "name", "role", "state_badge", "sent_at", "expires_at", "invited_by")
    list_select_related = ("role", "invited_by")
    search_fields = ("email", "name")
    readonly_fields = ("state", "sent_at", "expires_at", "accepted_at", "withdrawn_at", "invited_by")
    change_form_outer_before_template = "admin/staff/invitation/_open.html"
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        """The addresses of the buttons, before those of Django."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/again/", wrap(self.again), name="staff_invitation_again"),
            path("<int:pk>/withdraw/", wrap(self.withdraw), name="staff_invitation_withdraw"),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new one has not been sent yet."""
        return ("email", "name", "role", *(self.readonly_fields if obj else ()))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """It knows who invites."""
        found = super().get_form(request, obj, change, **kwargs)
        return type(found.__name__, (found,), {"person": request.user})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the roles that this person may give."""
        if db_field.name == "role":
            kwargs["queryset"] = invitations.roles_of(request.user).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Two invitations of one address at the same moment are one."""
        try:
            found: HttpResponse = super().add_view(request, form_url, extra_context)
        except IntegrityError:
            messages.error(request, OPEN_ALREADY)
            return HttpResponseRedirect(reverse(LIST))
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With the buttons of one that can still be accepted."""
        found = self.get_object(request, object_id)
        waits = found is not None and found.state in (invitations.State.OPEN, invitations.State.EXPIRED)
        extra = {"invitation": found if waits and request.user.has_perm(invitations.PERMISSION) else None}
        response: HttpResponse = super().change_view(request, object_id, form_url, extra | (extra_context or {}))
        return response

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        """By the verb, which mails the link."""
        invitations.invite(obj, request.user, request)  # type: ignore[arg-type]

    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mail a new link."""

        def do(found: Invitation) -> str:
            if too_many(request.user, found.email) or not invitations.send_again(pk, request.user, request):  # type: ignore[arg-type]
                return ""
            return _("A new link goes to %(email)s; the old one has ended.") % {"email": found.email}

        return self._act(request, pk, do)

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End the link."""

        def do(found: Invitation) -> str:
            done = invitations.withdraw(pk)
            return _("The invitation of %(email)s is withdrawn.") % {"email": found.email} if done else ""

        return self._act(request, pk, do)

    def _act(self, request: HttpRequest, pk: int, do: Callable[[Invitation], str]) -> HttpResponse:
        if not request.user.has_perm(invitations.PERMISSION):
            raise PermissionDenied
        found = get_object_or_404(Invitation, pk=pk)
        if request.method == "POST":
            if said := do(found):
                messages.success(request, said)
            else:
                messages.error(request, _("That cannot be done with this invitation now."))
        return HttpResponseRedirect(reverse(LIST))

    @display(description=gettext_lazy("state"))
    def state(self, found: Invitation) -> str:
        return str(found.state.label)

    @display(description=gettext_lazy("state"), label=BADGES)
    def state_badge(self, found: Invitation) -> tuple[str, str]:
        return found.state.value, str(found.state.label)
