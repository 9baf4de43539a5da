"""The names of streams: `prefix:key`, such as `order:K7QF3-M2XD9`, or a prefix alone.

The one place that knows the colon.
"""

from typing import NamedTuple, Self


class StreamName(NamedTuple):
    """A name in its two parts. `str()` puts them together; the key is empty for a name that has none."""

    prefix: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.prefix}:{self.key}" if self.key else self.prefix

    @classmethod
    def parse(cls, name: str) -> Self:
        """Take a name apart at its first colon."""
        prefix, _, key = name.partition(":")
        return cls(prefix, key)
