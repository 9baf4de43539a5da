"""Fields of forms that several apps have."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shop.lib import typed_text

_WEB_ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)


class OneLine(forms.CharField):
    """Text without line ends, whatever was pasted. The name of a person or place is no web address: others read it."""

    def to_python(self, value: Any) -> str:
        return typed_text.one_line(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value)
        if _WEB_ADDRESS.search(value):
            raise forms.ValidationError(_("Please leave out web addresses."))
