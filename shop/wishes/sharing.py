"""A wish list that is shown to others: by a signed link, which its owner makes, renews and ends.

As with the access links of orders nothing secret stays in an address: the link opens the list for a session, and leads
to an address without the secret. A link ends when the list's `link_version` changes.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from shop.wishes.models import SharedList

_SALT = "wish-list-link"
SESSION_KEY = "shared_lists"
MOST = 20
"""Lists of others that a session remembers; the oldest one goes."""


class NotShared(ValueError):
    """The link was made by nobody, or its list is not shared by it any more."""


def of(user: Any) -> SharedList | None:
    """The member's list, if it is shared now."""
    return SharedList.objects.filter(user=user, is_open=True).first()


def share(user: Any, title: str) -> None:
    """Share the list under this title. A link that is good stays good."""
    with transaction.atomic():
        found = _locked(user)
        found.title, found.is_open = title, True
        found.save(update_fields=["title", "is_open"])


def renew(user: Any) -> None:
    """Another link; the old one ends. A list that is not shared stays so."""
    with transaction.atomic():
        found = _locked(user)
        found.link_version += 1
        found.save(update_fields=["link_version"])


def end(user: Any) -> None:
    """Share the list no more. A link that is made later is another one."""
    with transaction.atomic():
        found = _locked(user)
        found.is_open, found.link_version, found.title = False, found.link_version + 1, ""
        found.save(update_fields=["is_open", "link_version", "title"])


def _locked(user: Any) -> SharedList:
    SharedList.objects.get_or_create(user=user)
    return SharedList.objects.select_for_update().get(user=user)


def url(shared: SharedList) -> str:
    """The link, for its owner to give away."""
    secret = signing.Signer(salt=_SALT).sign_object([shared.pk, shared.link_version])  # the same each time
    return f"{settings.SITE_URL}{reverse('wishes:link', args=[secret])}"


def opened(request: HttpRequest, secret: str) -> SharedList:
    """The list of a link, which this session may see from now on. Raises `NotShared`."""
    try:
        key, version = signing.Signer(salt=_SALT).unsign_object(secret)
        found = _find(int(key), int(version))
    except (signing.BadSignature, ValueError, TypeError):
        raise NotShared from None
    before = [each for each in request.session.get(SESSION_KEY, []) if each[0] != found.pk]
    request.session[SESSION_KEY] = [[found.pk, found.link_version], *before][:MOST]
    return found


def seen(request: HttpRequest, key: int) -> SharedList:
    """A list that a link has opened for this session. Raises `NotShared`."""
    version = dict(request.session.get(SESSION_KEY, [])).get(key)
    if version is None:
        raise NotShared
    return _find(key, version)


def _find(key: int, version: int) -> SharedList:
    found = SharedList.objects.filter(pk=key, link_version=version, is_open=True, user__is_active=True).first()
    if found is None:
        raise NotShared
    return found
