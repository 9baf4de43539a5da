"""The way of a parcel: the places where it was scanned, in their order. No place that nobody has told is invented."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from orders.domain_events import Scan
from orders.models.parcel import ScanKind

MOST = 8
"""Places that fit; of more the newest are shown."""


def stops(scans: Iterable[Scan], language: str) -> list[dict[str, Any]]:
    """Each place once in a row, the last one with the parcel; then the door. Empty where no scan names a place."""
    places: list[str] = []
    kind = ""
    for scan in scans:  # in the carrier's own order of time
        kind = scan.kind
        if scan.place and places[-1:] != [scan.place]:
            places.append(scan.place)
    if not places:
        return []
    places = places[-MOST:]
    arrived, back = kind == ScanKind.DELIVERED, kind == ScanKind.RETURNED_TO_SENDER
    last = len(places) - 1
    with override(language):
        was, here, there = _("it was here"), _("it is here"), _("your door")
        rows = [
            _stop(place, "now", here) if n == last and not arrived else _stop(place, "done", was)
            for n, place in enumerate(places)
        ]
        if back:  # its next stop is not known
            return rows
        return [*rows, _stop(there, "done", here) if arrived else _stop(there, "next", _("to come"))]


def _stop(place: str, state: str, words: str) -> dict[str, Any]:
    return {"place": place, "stop": state, "stop_text": words}
