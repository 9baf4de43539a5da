"""Admin forms of translated models: one tab for each language, made by the admin theme.

modeltranslation's own tabs load jQuery UI from another company's host, and its markup is not the theme's.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.admin.utils import flatten
from django.http import HttpRequest
from modeltranslation.admin import TranslationAdmin


class LanguageTabsAdmin(TranslationAdmin):
    """Fields that are the same in every language come first, then one tab for each language with its texts."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """As declared, with the translated fields taken out into a tab of their language."""
        language_of = {f.name: f.language for fields in self.trans_opts.all_fields.values() for f in fields}
        common, texts = [], []
        for name, options in super().get_fieldsets(request, obj):
            texts += [field for field in flatten(options["fields"]) if field in language_of]
            common.append((name, {**options, "fields": list(_without(options["fields"], language_of))}))
        tabs = [
            (name, {"classes": ("tab",), "fields": [field for field in texts if language_of[field] == code]})
            for code, name in settings.LANGUAGES
        ]
        return [*common, *tabs]


def _without(fields: Iterable[Any], taken: Iterable[str]) -> Iterable[Any]:
    for field in fields:
        if isinstance(field, list | tuple):
            if row := tuple(_without(field, taken)):
                yield row
        elif field not in taken:
            yield field
