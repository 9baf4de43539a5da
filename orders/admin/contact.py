"""Address and mail address of an order in admin: only what was changed is saved, and nobody's change is lost.

The page carries each value as it was when the page was made (`seen-city`). What somebody typed is what differs from
that; what somebody else saved meanwhile is where the row differs from it. Both for one field is a conflict.
"""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextareaWidget

from events.log.envelope import open_for
from events.models import Event
from orders import access_links
from orders.admin.acting import Acting, page_of
from orders.domain_events import OrderContactChanged
from orders.locking import locked
from orders.models import Order
from orders.pages.forms import StreetAddress
from shop.accounts import actors
from shop.lib import postal

CONTACT = ("name", "email", "address", "postal_code", "city", "region", "country")
NEWEST = 20
"""Changes of an order among which the one of a field is looked for."""


def seen_values(order: Order) -> dict[str, str]:
    """The values of now, as a page keeps them."""
    return {name: _text(order, name) for name in CONTACT}


def _text(order: Order, name: str) -> str:
    return str(order.country.code if name == "country" else getattr(order, name))


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    """The contact of an order. `to_save` names what this person changed."""

    class Meta:
        model = Order
        fields = CONTACT
        field_classes: ClassVar[dict[str, Any]] = {"address": StreetAddress}
        widgets: ClassVar[dict[str, Any]] = {"address": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.to_save: list[str] = []

    def clean(self) -> dict[str, Any]:
        """Under the order's lock: what was saved until now is seen, and nothing is saved until this is."""
        data = super().clean() or {}
        row = locked(self.instance.ref)
        for name in CONTACT:
            if name in data:
                self._decide(row, name, data)
        if {"country", "postal_code"} & set(self.to_save) and {"country", "postal_code"} <= data.keys():
            code = postal.postal_code(str(data["country"]), data["postal_code"])
            if code is None:
                self.add_error("postal_code", _("This is not a postal code of that country."))
            else:
                data["postal_code"] = code
        return data

    def _decide(self, row: Order, name: str, data: dict[str, Any]) -> None:
        now = _text(row, name)
        seen = self.data.get(f"seen-{name}", now).replace("\r\n", "\n")
        if not self.fields[name].has_changed(seen, self.data.get(name, "")):
            data[name] = row.country if name == "country" else now
        elif str(data[name]) != now:
            if seen != now:
                self.add_error(name, _conflict(row, name, now))
            self.to_save.append(name)


def _conflict(row: Order, name: str, now: str) -> str:
    said = {"now": now, "who": "", "at": ""}
    for event in Event.objects.filter(stream=row.stream, type="order.contact_changed").order_by("-seq")[:NEWEST]:
        data = open_for("admin", event.header, event.sealed).data
        if name in data.fields:
            said |= {"who": actors.names({data.actor})[data.actor]}
            said |= {"at": date_format(localtime(event.recorded_at), "DATETIME_FORMAT")}
            return (
                _("%(who)s changed this to “%(now)s” on %(at)s, after you opened the page. Save again to replace it.")
                % said
            )
    return _("This was changed to “%(now)s” after you opened the page. Save again to replace it.") % said


def save(ref: str, values: dict[str, Any], actor: str) -> None:
    """Write these values of an order's contact, and tell that they changed."""
    with transaction.atomic():
        order = locked(ref)
        for name, value in values.items():
            setattr(order, name, value)
        if "email" in values:
            order.end_links()
        order.record(OrderContactChanged(**order.facts(actor), fields=tuple(values)))
        order.save(update_fields=[*values, "link_version"])


class ContactActions(Acting):
    """The form of an order's page, and the end of its access links."""

    form = ContactForm
    change_form_before_template = "admin/orders/order/_seen.html"
    addresses: ClassVar[tuple[tuple[str, str], ...]] = (("end-links/", "end_links"),)
    readonly_fields: Any

    def get_readonly_fields(self, request: HttpRequest, obj: Order | None = None) -> Any:
        """Who may not change a contact may look at it."""
        may = request.user.has_perm("orders.change_contact")  # type: ignore[union-attr]
        return self.readonly_fields if may else (*CONTACT, *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:
        """Save what was changed and nothing else. Who had the mail address before has no key to the order any more."""
        if form.to_save:
            save(obj.ref, {name: form.cleaned_data[name] for name in form.to_save}, f"staff:{request.user.pk}")

    def end_links(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End every access link of the order, such as one that got into wrong hands, and show a new one."""
        order = self.order_of(request, object_id)
        if not request.user.has_perm("orders.change_contact"):  # type: ignore[union-attr]
            raise PermissionDenied
        if request.method == "POST":
            with transaction.atomic():
                order = locked(order.ref)
                order.end_links()
                order.save(update_fields=["link_version"])
            said = _("All links to this order have ended. A new one, to be given to the shopper: %(link)s")
            messages.success(request, said % {"link": access_links.url(order)})
        return HttpResponseRedirect(page_of(order, request))
