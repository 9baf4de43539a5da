"""What the templates of every page get."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from events.live import tickets
from shop.lib.language_addresses import alternatives


def site(request: HttpRequest) -> dict[str, Any]:
    """The shop's name (`brand`), whether this is the demo (`demo`), the zone of all times, the session's mark,
    and the links to this page in every language (`alternatives`, called by the pages that have them).
    """
    return {
        "brand": settings.BRAND,
        "demo": settings.DEMO,
        "time_zone": settings.TIME_ZONE,
        "session_mark": session_mark(request),
        "alternatives": partial(alternatives, request),
        "LANGUAGE_CODE": get_language(),
    }


def session_mark(request: HttpRequest) -> str:
    """What tells this session from another and gives nothing of it away; empty without one.

    The service worker keeps pages by it, so that nobody is shown what another session saw.
    """
    session = getattr(request, "session", None)
    if session is None:
        return ""
    session.keys()  # reads it: the key of a session that has ended counts as none only after that
    return tickets.fingerprint(session.session_key)
