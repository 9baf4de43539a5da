"""Log lines whose times can be compared between hosts."""

import logging
from datetime import UTC, datetime

from pythonjsonlogger.json import JsonFormatter


class _InUtc(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """RFC 3339, in UTC, with milliseconds."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Line(_InUtc):
    """One line of text."""


class Json(_InUtc, JsonFormatter):
    """One JSON object a line."""
