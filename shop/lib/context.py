"""What the templates of every page get."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The shop's name (`brand`), and whether this is the demo (`demo`)."""
    return {"brand": settings.BRAND, "demo": settings.DEMO}
