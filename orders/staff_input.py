"""What staff type into the forms that move orders."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

LONGEST = 1000
"""Characters of a note or a message."""
SENT_TO_SHOPPERS = frozenset({"message", "answer"})
"""The fields whose text a shopper reads."""
WRITTEN = ("note", *sorted(SENT_TO_SHOPPERS))
"""The fields that people write sentences in. No such field is cut: `written` refuses what is too long."""


class TooLong(ValueError):
    """A note or message has more characters than are kept. The message says how many, for a person."""


def typed(request: HttpRequest, name: str, length: int) -> str:
    """A short field as the database can keep it: `whole`, cut to `length` characters."""
    return whole(request, name)[:length]


def whole(request: HttpRequest, name: str) -> str:
    """All that was typed: no NUL, one kind of line end."""
    return request.POST.get(name, "").replace("\0", "").replace("\r\n", "\n").strip()


def written(request: HttpRequest, name: str) -> str:
    """A note or message as it was typed. Raises `TooLong`."""
    text = whole(request, name)
    if said := refused(name, text):
        raise TooLong(said)
    return text


def refused(name: str, text: str) -> str:
    """Why the text of this field is not kept: it is too long. "" if it is not."""
    if len(text) <= LONGEST:
        return ""
    words = (
        _("A message has at most %(most)s characters; this one has %(n)s. Please make it shorter.")
        if name in SENT_TO_SHOPPERS
        else _("A note has at most %(most)s characters; this one has %(n)s. Please make it shorter.")
    )
    return words % {"most": LONGEST, "n": len(text)}
