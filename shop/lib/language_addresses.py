"""Addresses that carry the language: `/zh-hans/products/` is the Chinese page of `/products/`, for people and crawlers.

Every address of the site may have the prefix. English has none; what it shows without one follows the visitor's cookie
or browser, as before. A page in another language links to addresses with its prefix.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, set_script_prefix
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

PREFIXES = {f"/{code}/": code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE}


class LanguageOfAddress:
    """Middleware, in the place of Django's `LocaleMiddleware`: takes the prefix off the path and activates a language.

    The prefix becomes the script prefix of the request, which `reverse` puts before every address.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        root = get_script_prefix()
        chosen = next((code for prefix, code in PREFIXES.items() if request.path_info.startswith(prefix)), "")
        if chosen:
            request.path_info = request.path_info[len(chosen) + 1 :]
        language = chosen or translation.get_language_from_request(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language
        prefix = f"/{language}/"
        # Who changes the language goes on to an address without the old one.
        keeps = prefix in PREFIXES and not request.path_info.startswith("/i18n/")
        set_script_prefix(f"{root.rstrip('/')}{prefix}" if keeps else root)
        try:
            response = self.get_response(request)
        finally:
            set_script_prefix(root)
        if not chosen:
            patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language() or language)
        return response


def without_language(path: str) -> str:
    """A path of the site without the prefix of a language."""
    prefix = next((prefix for prefix in PREFIXES if path.startswith(prefix)), "/")
    return path[len(prefix) - 1 :]


def address_in(language: str, path: str) -> str:
    """The whole address of a page in a language; `path` is without a prefix."""
    return f"{settings.SITE_URL}{'' if language == settings.LANGUAGE_CODE else f'/{language}'}{path}"


def alternatives(request: HttpRequest) -> SafeString:
    """For the head of a page: links to it in every language, without what is asked of it.

    The link in its own language is the address by which crawlers shall know it.
    """
    path, active = request.path_info, translation.get_language()
    addresses = [(code, address_in(code, path)) for code in (settings.LANGUAGE_CODE, *PREFIXES.values())]
    own = [(address,) for code, address in addresses if code == active]
    return format_html_join("", '<link rel="alternate" hreflang="{}" href="{}">', addresses) + format_html_join(
        "", '<link rel="canonical" href="{}">', own
    )
