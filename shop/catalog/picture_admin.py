"""Pictures in admin: what is uploaded is looked into, and its smaller sizes are stored with it."""

from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationTabularInline
from unfold.admin import TabularInline
from unfold.decorators import display

from shop.catalog import pictures
from shop.catalog.models import Picture, Product, Variant

Smaller = tuple[int, dict[int, bytes]]
"""What `pictures.smaller` makes of a picture."""


def checked(picture: Any) -> Smaller:
    """The smaller ones of an uploaded file; none of what is stored already. Says what is wrong with the file."""
    if not isinstance(picture, UploadedFile):
        return 0, {}
    try:
        pictures.check(picture)
        return pictures.smaller(picture)
    except pictures.NoPicture as problem:
        raise forms.ValidationError(problem.args[0]) from problem


class ProductForm(forms.ModelForm):
    """A picture must be one, whatever its name says."""

    smaller: Smaller = (0, {})

    class Meta:
        model = Product
        fields = "__all__"  # noqa: DJ007 - which of them are shown is the admin's business
        error_messages: ClassVar[dict[str, Any]] = {
            "category": {"invalid_choice": _("This category was deleted meanwhile. Please choose another one.")}
        }

    def clean_picture(self) -> Any:
        """Checked by what is in the file."""
        picture = self.cleaned_data.get("picture")
        self.smaller = checked(picture)
        return picture


class PictureForm(forms.ModelForm):
    """One more picture, of the product or of one of its variants."""

    smaller: Smaller = (0, {})

    class Meta:
        model = Picture
        fields = ("file", "variant", "alt", "position")

    def clean_file(self) -> Any:
        """Checked by what is in the file."""
        file = self.cleaned_data.get("file")
        self.smaller = checked(file)
        return file

    def save(self, commit: bool = True) -> Any:
        """With the picture its smaller ones are stored."""
        picture = super().save(commit)
        if commit and "file" in self.changed_data:
            picture.sizes = pictures.store(picture.file, *self.smaller)
            picture.save(update_fields=["sizes"])
        return picture


class PictureInline(TranslationTabularInline, TabularInline):
    """The further pictures of a product, on its page."""

    model = Picture
    form = PictureForm
    extra = 0
    fields = ("shown", "file", "variant", "alt", "position")
    readonly_fields = ("shown",)
    ordering_field = "position"  # rows are dragged; the number is for the keyboard

    @display(description=_("picture"))
    def shown(self, picture: Picture) -> str:
        """The smallest picture that there is of it."""
        if not picture.pk:
            return "–"
        return format_html('<img src="{}" alt="" width="48" height="48" loading="lazy">', picture.thumbnail)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """A picture shows a variant of this product, or none."""
        formset = super().get_formset(request, obj, **kwargs)
        choice: Any = formset.form.base_fields["variant"]
        choice.queryset = Variant.objects.filter(product=obj).select_related("product")
        choice.label_from_instance = lambda variant: variant.option or variant.sku
        for allowed in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
            setattr(choice.widget, allowed, False)
        return formset
