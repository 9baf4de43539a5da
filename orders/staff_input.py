"""What staff type into the forms that move orders."""

from django.http import HttpRequest

LONGEST = 1000
"""Characters of a note or a message."""


def typed(request: HttpRequest, name: str, length: int = LONGEST) -> str:
    """The field as the database can keep it: no NUL, one kind of line end, at most `length` characters."""
    return request.POST.get(name, "").replace("\0", "").replace("\r\n", "\n").strip()[:length]
