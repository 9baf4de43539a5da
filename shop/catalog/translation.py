"""Which catalogue texts exist in every language of the site."""

from modeltranslation.translator import TranslationOptions, register

from shop.catalog.models import Category, Picture, Product, Variant


@register(Category)
class CategoryTranslation(TranslationOptions):
    """A column for each language."""

    fields = ("title", "blurb")


@register(Product)
class ProductTranslation(TranslationOptions):
    """A column for each language."""

    fields = ("title", "text", "picture_alt")


@register(Variant)
class VariantTranslation(TranslationOptions):
    """A column for each language."""

    fields = ("option",)


@register(Picture)
class PictureTranslation(TranslationOptions):
    """A column for each language."""

    fields = ("alt",)
