"""Views that people keep of the list of orders: save, rename, delete, and how many orders each finds."""

import logging
from typing import Any

from django import forms
from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from orders.lists.filtered import filter_of, listed
from orders.models import SavedView

LONGEST = 2000
"""Characters of a filter that can be kept."""

logger = logging.getLogger(__name__)

MOST = 12
"""Views of one person, and views that a page shows."""
CAP = 1000
"""Orders are counted up to here."""
SECONDS = 30
"""How long a count is kept."""


def of(person: Any) -> QuerySet[SavedView]:
    """One's own views, and those that are shared with one of one's roles."""
    found = SavedView.objects.filter(Q(person=person) | Q(role__in=person.groups.all()))
    return found.select_related("person").distinct()


def shown(parameters: QueryDict, person: Any, page: str) -> dict[str, Any]:
    """The context of the tabs: each view with its size, and the one that the list shows."""
    current = filter_of(parameters)
    views = [
        {
            "view": view,
            "url": f"{page}?{view.query}",
            "size": size(view, person),
            "chosen": view.query == current,
            "own": view.person_id == person.pk,
        }
        for view in of(person)[: MOST * 2]
    ]
    return {
        "views": views,
        "view": next((each for each in views if each["chosen"]), None),
        "current_filter": current,
        "roles": person.groups.all() if current else (),
    }


def size(view: SavedView, person: Any) -> str:
    """How many orders a view finds: at most `CAP`, then with a plus. Empty for a filter that the list has no more."""
    key = f"view.{view.pk}.{person.pk}"
    found = cache.get(key)
    if found is None:
        try:
            found = listed(view.query, person).values("pk")[: CAP + 1].count()
        except Exception:  # of whatever an old filter names, such as a field that is gone
            logger.warning("the view %s cannot be counted", view.pk, exc_info=True)
            found = -1
        cache.set(key, found, SECONDS)
    if found < 0:
        return ""
    return f"{number_format(CAP, force_grouping=True)}+" if found > CAP else str(found)


class ViewForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name of a view, and who may use it. `person` are the person's own names and roles."""

    class Meta:
        model = SavedView
        fields = ("name", "role")

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["role"] = forms.ModelChoiceField(queryset=person.groups.all(), required=False)
        self.fields["name"].error_messages["required"] = _("Give the view a name.")

    def clean_name(self) -> str:
        """One view of a name."""
        name: str = self.cleaned_data["name"]
        same = SavedView.objects.filter(person=self.person, name=name).exclude(pk=self.instance.pk)
        if same.exists():
            raise forms.ValidationError(_("You have a view “%(name)s” already."), params={"name": name})
        return name

    def clean(self) -> dict[str, Any]:
        """A few views are tabs; many would be another list."""
        if self.instance.pk is None and SavedView.objects.filter(person=self.person).count() >= MOST:
            raise forms.ValidationError(_("You have %(n)s views. Delete one first."), params={"n": MOST})
        return self.cleaned_data
