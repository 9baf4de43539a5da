"""The form of a return."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import Return


class ReturnForm(forms.Form):
    """A number for each line that can come back, a reason, and what the shopper wants for it."""

    reason = forms.ChoiceField(label=_("Why?"), choices=Return.Reason.choices)
    wish = forms.ChoiceField(label=_("What would you like?"), choices=Return.Wish.choices, widget=forms.RadioSelect)
    comment = forms.CharField(
        label=_("Anything we should know?"), required=False, max_length=1000, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, lines: Sequence[tuple[int, str, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        self.initial.setdefault("wish", Return.Wish.REFUND)
        for pk, title, left in lines:
            only = len(lines) == 1 and left == 1
            self.fields[f"line-{pk}"] = forms.TypedChoiceField(
                label=title, choices=[(n, str(n)) for n in range(left + 1)], coerce=int, initial=1 if only else 0
            )

    @property
    def quantities(self) -> list[Any]:
        """The fields of the lines."""
        return [self[f"line-{pk}"] for pk, _title, _left in self.lines]

    @property
    def wanted(self) -> dict[int, int]:
        """How many of which line. Of a form that is valid."""
        return {pk: self.cleaned_data[f"line-{pk}"] for pk, _title, _left in self.lines}

    def clean(self) -> dict[str, Any]:
        """At least one thing."""
        found = super().clean() or {}
        if not self.errors and not any(self.wanted.values()):
            raise forms.ValidationError(_("Please choose what you want to send back."))
        return found
