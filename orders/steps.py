"""The steps of an order that stand, and those that staff took back (`orders.undoing`)."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import override

from orders.domain_events import Step
from orders.moments import moment

Each = TypeVar("Each")


def standing(steps: Iterable[Each], back: Callable[[Each], bool]) -> list[Each]:
    """The steps but for those that were undone, and but for the way back itself, which `back` tells.

    Only the last step can be undone, so each way back takes the step before it along.
    """
    kept: list[Each] = []
    for step in steps:
        if back(step):
            kept.pop()
        else:
            kept.append(step)
    return kept


def taken_back(steps: Iterable[Step], language: str) -> dict[str, str]:
    """Each status that was undone and that the order has not been given again, with words for its shopper."""
    found: dict[str, str] = {}
    for before, step in pairwise(steps):
        found.pop(step.status, None)
        if step.back:
            with override(language):
                found[before.status] = _("taken back %(time)s") % {"time": moment(step.at, language)}
    return found
