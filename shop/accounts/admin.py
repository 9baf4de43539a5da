"""People in admin."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from shop.accounts.models import User

admin.site.unregister(UserSession)  # whose they are, they end themselves


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):
    """By email."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "first_name", "last_name", "is_staff", "is_active")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Name"), {"fields": ("first_name", "last_name", "shows_name")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "password1", "password2")}),)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Staff are changed by superusers alone: whoever sets a colleague's password or address has their rights."""
        may = bool(super().has_change_permission(request, obj))
        return may and (obj is None or request.user.is_superuser or not (obj.is_superuser or obj.is_staff))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Rights are given by those who have them all: else who may change users may make themselves a superuser."""
        powers = () if request.user.is_superuser else ("is_staff", "is_superuser", "groups", "user_permissions")
        return (*super().get_readonly_fields(request, obj), *powers)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Mark the address as verified: a new colleague cannot sign in to confirm it."""
        super().save_model(request, obj, form, change)
        if not change:
            obj.confirm_address()
