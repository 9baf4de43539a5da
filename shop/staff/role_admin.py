"""The page of a role in admin: switches in words, limits of money, and the single permissions folded away."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.models import Group, Permission
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldBooleanSwitchWidget

from orders.models import RoleLimit
from shop.staff.switches import SWITCHES, names_of, read, turned

admin.site.unregister(Group)


class RoleFields(forms.ModelForm):
    """What a role is called and may do. A switch that nobody touched changes nothing."""

    class Meta:
        model = Group
        fields = ("name", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        saved = self.instance.permissions.select_related("content_type") if self.instance.pk else ()
        self.reading = read(names_of(list(saved)))
        for switch in SWITCHES:
            self.fields[switch.field].initial = switch in self.reading.on

    def clean(self) -> dict[str, Any]:
        """The single permissions as they were chosen, and on top of them each switch that was turned."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "permissions" not in values:
            return values
        turned_on = [s for s in SWITCHES if values.get(s.field) and s not in self.reading.on]
        turned_off = [s for s in SWITCHES if not values.get(s.field) and s in self.reading.on]
        chosen = values["permissions"].select_related("content_type")
        wanted = turned(names_of(chosen), turned_on, turned_off)
        everything = Permission.objects.select_related("content_type")
        values["permissions"] = Permission.objects.filter(
            pk__in=[each.pk for each in everything if names_of([each]) <= wanted]
        )
        return values


def _switch_field(switch: Any) -> forms.BooleanField:
    widget = UnfoldBooleanSwitchWidget()
    return forms.BooleanField(label=switch.title, help_text=switch.meaning, required=False, widget=widget)


RoleForm = type("RoleForm", (RoleFields,), {switch.field: _switch_field(switch) for switch in SWITCHES})


class LimitInline(TabularInline):
    """The limits of a role, a row for each currency."""

    model = RoleLimit
    extra = 0
    verbose_name_plural = _(
        "Limits: without a row none; with rows only these currencies, and an empty field is no limit"
    )


def _up_to(role: Group, key: str) -> str:
    """The limits of a switch that moves money, such as " (€50.00)"."""
    column = {"refund": "at_once", "cancel": "at_once", "mark_paid": "mark_paid"}.get(key)
    rows = [(getattr(row, column), row.currency) for row in role.limits.all()] if column else []
    amounts = [str(Money(amount, currency)) for amount, currency in rows if amount is not None]
    return f" (≤ {', '.join(amounts)})" if amounts else ""


@admin.register(Group)
class RoleAdmin(BaseGroupAdmin, ModelAdmin):
    """Roles. Who gives rights has them all, so only superusers change a role: else somebody could raise their own."""

    form = RoleForm
    inlines = (LimitInline,)
    list_display = ("name", "in_words")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("name", "mix")}),
        (_("May"), {"fields": tuple(tuple(s.field for s in SWITCHES[n : n + 2]) for n in range(0, len(SWITCHES), 2))}),
        (_("Every single permission"), {"classes": ("collapse",), "fields": ("permissions",)}),
    )
    readonly_fields = ("mix",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the list says of each."""
        return super().get_queryset(request).prefetch_related("permissions__content_type", "limits")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)  # type: ignore[union-attr]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)  # type: ignore[union-attr]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)  # type: ignore[union-attr]

    @display(description=_("may"))
    def in_words(self, role: Group) -> str:
        """The switches that are on, and whether there is more to it."""
        reading = read(names_of(role.permissions.all()))
        words = [f"{switch.title}{_up_to(role, switch.key)}" for switch in reading.on]
        return " · ".join([*words, str(_("own mix"))] if reading.mix else words) or "–"

    @display(description=_("own mix"))
    def mix(self, role: Group) -> str:
        """The permissions that no switch of this page stands for."""
        reading = read(names_of(role.permissions.all())) if role.pk else read(())
        return ", ".join(sorted(reading.mix)) or str(_("none: the switches say it all"))
