"""What staff read over a column, a filter and a field is a name that somebody gave, not what Django guesses."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import FieldDoesNotExist
from django.test import RequestFactory
from django.utils.translation import override

from shop.accounts.models import User
from shop.catalog.models import Stock

BY_THE_CODE = frozenset({"events", "mfa"})
"""Apps whose pages are for operators and name columns as the documents of the backbone and of allauth do."""


def pages() -> list[Any]:
    found: list[Any] = []
    for model, its_admin in admin.site._registry.items():
        if model._meta.app_label not in BY_THE_CODE:
            inlines = [inline(model, admin.site) for inline in its_admin.inlines]
            found += [pytest.param(each, id=type(each).__name__) for each in [its_admin, *inlines]]
    return found


def names(its_admin: Any) -> list[str]:
    request = RequestFactory().get("/admin/")
    request.user = User(is_staff=True, is_superuser=True, is_active=True)
    found = [*flatten_fieldsets(its_admin.get_fieldsets(request)), *its_admin.get_readonly_fields(request)]
    if isinstance(its_admin, admin.ModelAdmin):
        found += its_admin.get_list_display(request)
        found += [each[0] if isinstance(each, tuple) else each for each in its_admin.list_filter]
    return [name for name in dict.fromkeys(found) if isinstance(name, str) and name != "__str__"]


def guessed(its_admin: Any, name: str) -> bool:
    try:
        return type(getattr(its_admin.model._meta.get_field(name), "verbose_name", "")) is str
    except FieldDoesNotExist:
        shown = getattr(its_admin, name, None) or getattr(its_admin.model, name, None)
        return callable(shown) and not hasattr(shown, "short_description")


@pytest.mark.django_db
@pytest.mark.parametrize("its_admin", pages())
def test_every_name_that_staff_read_was_given(its_admin: Any) -> None:
    assert [name for name in names(its_admin) if guessed(its_admin, name)] == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_number_of_goods_is_written_as_everywhere_else(language: str) -> None:
    with override(language):
        assert Stock._meta.get_field("sku").verbose_name == "SKU"
