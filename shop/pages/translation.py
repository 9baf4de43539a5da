"""Which texts of pages exist in every language of the site."""

from modeltranslation.translator import TranslationOptions, register

from shop.pages.models import Page


@register(Page)
class PageTranslation(TranslationOptions):
    """A column for each language."""

    fields = ("title", "body")
