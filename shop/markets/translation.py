"""Which texts of markets exist in every language of the site."""

from modeltranslation.translator import TranslationOptions, register

from shop.markets.models import Market


@register(Market)
class MarketTranslation(TranslationOptions):
    """A column for each language."""

    fields = ("title", "order_button")
