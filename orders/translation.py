"""Which texts of orders exist in every language of the site."""

from modeltranslation.translator import TranslationOptions, register

from orders.models import DeliveryMethod


@register(DeliveryMethod)
class DeliveryMethodTranslation(TranslationOptions):
    """A column for each language."""

    fields = ("title",)
