"""A table of catalogue values in which staff type: what is shown, what was typed, what is saved."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.catalog.models import Variant
from shop.catalog.values import By, ChangedMeanwhile, Refused, Value, put

BEFORE = "before"
"""The field that says what each cell was when the page was made."""
_NAME = re.compile(r"([a-z_]{1,40})-(\d{1,15})")
_before = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True)
class Cell:
    """One cell; without a `name` it is only read. `text` is what was typed, or what there is."""

    value: Value
    text: str
    name: str = ""
    error: str = ""
    choices: Sequence[tuple[str, Any]] = ()
    label: str = ""


@dataclass(frozen=True)
class Row:
    """The cells of one variant."""

    variant: Any
    cells: list[Cell]
    first: bool
    """Whether it is the first of its product on the page."""


@dataclass
class Saved:
    """What became of the cells that somebody sent: those with an error keep what was typed."""

    done: int = 0
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def words(self) -> str:
        """What was saved, in words."""
        said = ngettext("%(n)s value is saved.", "%(n)s values are saved.", self.done) % {"n": self.done}
        if not self.errors:
            return said
        left = ngettext("%(n)s is not; it is marked.", "%(n)s are not; they are marked.", len(self.errors))
        return f"{said} {left % {'n': len(self.errors)}}"


def rows(variants: Iterable[Variant], values: Sequence[Value], user: Any, saved: Saved) -> list[Row]:
    """The table. Who may not change a value may read it."""
    made: list[Row] = []
    may = {value.name: user.has_perm(value.permission) for value in values}
    for variant in variants:
        first = not made or made[-1].variant.product_id != variant.product_id
        cells = []
        for value in values:
            name = f"{value.name}-{variant.pk}" if may[value.name] and (first or not value.of_product) else ""
            text = value.shown(variant) if first or not value.of_product else ""
            label = f"{value.label}, {variant.sku}"
            shown = saved.typed.get(name, text)
            cells.append(Cell(value, shown, name, saved.errors.get(name, ""), value.choices(variant), label))
        made.append(Row(variant, cells, first))
    return made


def before(variants: Iterable[Variant], values: Sequence[Value]) -> str:
    """What each cell is now, for the field `before`."""
    now = {f"{value.name}-{variant.pk}": value.shown(variant) for variant in variants for value in values}
    return msgspec.json.encode(now).decode()


def sent_variants(sent: Iterable[str]) -> list[int]:
    """The keys of the variants whose cells were sent, in the order of the page."""
    return list(dict.fromkeys(int(found[2]) for name in sent if (found := _NAME.fullmatch(name))))


def save(sent: Mapping[str, str], values: Sequence[Value], user: Any, by: By) -> Saved:
    """Save each cell that was changed, one by one: an error in one costs no other."""
    allowed = {value.name: value for value in values if user.has_perm(value.permission)}
    was = _read(sent.get(BEFORE, ""))
    saved = Saved()
    for name, typed in sent.items():
        found = _NAME.fullmatch(name)
        value = allowed.get(found[1]) if found else None
        if found is None or value is None or typed == was.get(name):
            continue
        clean = typed.replace("\0", "").strip()
        try:
            saved.done += put(int(found[2]), value, was.get(name, ""), clean, by)
        except Refused as problem:
            saved.errors[name] = str(problem)
        except ChangedMeanwhile as change:
            saved.errors[name] = _("Somebody changed this to “%(now)s” meanwhile. Save again if yours holds.") % {
                "now": change.now
            }
        except Variant.DoesNotExist:
            saved.errors[name] = _("Somebody deleted this meanwhile.")
        if name in saved.errors:
            saved.typed[name] = typed
    return saved


def _read(text: str) -> dict[str, str]:
    """What the page said that the cells were. Unreadable, it is nothing: then every cell counts as changed."""
    try:
        return _before.decode(text)
    except msgspec.MsgspecError:
        return {}
