"""Which texts of promotions exist in every language of the site."""

from modeltranslation.translator import TranslationOptions, register

from shop.vouchers.models import Promotion


@register(Promotion)
class PromotionTranslation(TranslationOptions):
    """A column for each language."""

    fields = ("title",)
