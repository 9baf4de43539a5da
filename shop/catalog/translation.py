"""Which catalogue texts exist in every language of the site."""

from modeltranslation.translator import TranslationOptions, register

from shop.catalog.models import Category, Product, Variant


@register(Category)
class CategoryTranslation(TranslationOptions):
    fields = ("title", "blurb")


@register(Product)
class ProductTranslation(TranslationOptions):
    fields = ("title", "text", "picture_alt")


@register(Variant)
class VariantTranslation(TranslationOptions):
    fields = ("option",)
