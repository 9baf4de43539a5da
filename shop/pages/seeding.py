"""The first pages of a shop, with sample texts."""

from django.conf import settings

from shop.pages.models import Kind, Page
from shop.pages.samples import sample


def seed(published: bool) -> list[str]:
    """Make a page with the sample text for each kind that has none; return the kinds that were made."""
    made = []
    there = set(Page.objects.values_list("kind", flat=True))
    for position, kind in enumerate(each for each in Kind if each != Kind.OTHER):
        if kind in there:
            continue
        page = Page(kind=kind, position=position, published=published)
        for code, _language in settings.LANGUAGES:
            title, body = sample(kind, code)
            suffix = code.replace("-", "_")
            setattr(page, f"title_{suffix}", title)
            setattr(page, f"body_{suffix}", body)
        page.save()
        made.append(str(kind))
    return made
