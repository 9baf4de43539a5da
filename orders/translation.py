"""Which texts of orders exist in every language of the site."""

from modeltranslation.translator import TranslationOptions, register

from orders.models import DeliveryMethod, ReplyTemplate, Seller


@register(DeliveryMethod)
class DeliveryMethodTranslation(TranslationOptions):
    """A column for each language."""

    fields = ("title",)


@register(Seller)
class SellerTranslation(TranslationOptions):
    """A column for each language."""

    fields = ("footer",)


@register(ReplyTemplate)
class ReplyTemplateTranslation(TranslationOptions):
    """A column for each language."""

    fields = ("title", "text")
