"""The form of a wish list that is shared."""

from django import forms
from django.utils.translation import gettext_lazy as _

from shop.lib.form_fields import OneLine


class TitleForm(forms.Form):
    """What others read above the list."""

    title = OneLine(
        label=_("What others read above it"),
        max_length=80,
        required=False,
        help_text=_("Others see no name of yours, unless you write one here."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
