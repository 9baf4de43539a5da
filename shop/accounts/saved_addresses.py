"""The addresses that a member keeps: each once, the first one as the one to begin with."""

from collections.abc import Mapping

from django.db import transaction

from shop.accounts.models import SavedAddress, User

MOST = 20
"""Addresses that one person may keep."""


class Full(Exception):
    """This person keeps as many as there may be."""


def keep(person: int, fields: Mapping[str, str]) -> None:
    """Keep an address of a person (by primary key). Nothing if it is there already, however it was typed.

    Raises `Full`.
    """
    with transaction.atomic():
        owner = User.objects.select_for_update().get(pk=person)  # of two simultaneous clicks the second waits here
        there = list(owner.saved_addresses.all())
        if any(_same(each.fields, fields) for each in there):
            return
        if len(there) >= MOST:
            raise Full
        SavedAddress.objects.create(user=owner, is_default=not there, **fields)


def _same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return all(_plain(value) == _plain(other.get(name, "")) for name, value in one.items())


def _plain(typed: str) -> str:
    """Without what people do not see: case, and how lines and words are set apart."""
    return " ".join(typed.casefold().replace(",", " ").split())
