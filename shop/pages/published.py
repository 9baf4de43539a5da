"""Which pages everybody can read. Every page of the shop asks, so the answer is kept for seconds."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max
from django.utils.translation import get_language

from shop.lib.kept_briefly import kept_briefly
from shop.pages.models import Kind, Page, PageVersion

ACCEPTED = (Kind.TERMS, Kind.WITHDRAWAL, Kind.PRIVACY)
"""What a shopper is pointed to beside the button that places an order."""


@dataclass(frozen=True)
class Listed:
    """A published page: where it is, what it is called in each language, and the number of its newest version."""

    kind: str
    address: str
    titles: dict[str, str]
    number: int

    @property
    def title(self) -> str:
        """In the active language; in any other where that has none."""
        return self.titles.get(get_language() or "") or next(filter(None, self.titles.values()), self.kind)


def listed() -> list[Listed]:
    """The published pages as links, in their order. Their addresses are those of the active language."""
    return in_language(get_language() or "")


@kept_briefly()
def in_language(_language: str) -> list[Listed]:
    """The same. `_language` is the active one: what is read is kept for each language."""
    return [
        Listed(
            kind=page.kind,
            address=page.get_absolute_url(),
            titles={code: text["title"] for code, text in page.texts.items()},
            number=page.newest,
        )
        for page in Page.objects.filter(published=True).annotate(newest=Max("versions__number"))
    ]


def accepted() -> list[Listed]:
    """The published pages that an order is placed under."""
    by_kind = {each.kind: each for each in listed()}
    return [by_kind[kind] for kind in ACCEPTED if kind in by_kind]


def versions(accepted: Iterable[tuple[str, int]]) -> list[PageVersion]:
    """The versions that an order names by kind and number, in that order."""
    wanted = [(kind, number) for kind, number in accepted]
    found = PageVersion.objects.filter(page__kind__in=[kind for kind, _ in wanted]).select_related("page")
    by_name = {(each.page.kind, each.number): each for each in found}
    return [by_name[each] for each in wanted if each in by_name]
