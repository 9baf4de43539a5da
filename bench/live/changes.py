"""Changes of the load, as their producers report them."""

from dataclasses import dataclass
from typing import NamedTuple


class Change(NamedTuple):
    """One change of the load, as its producer reports it; moments in seconds since the epoch."""

    topic: str
    number: int
    due: float
    """When the load wanted it to start, whether the producer could or not."""
    before: float
    """Just before its COMMIT."""
    after: float


@dataclass
class Made:
    """The changes of one job of the load."""

    asked: int
    rate: float
    changes: list[Change]

    @property
    def seconds(self) -> float:
        """From the first due moment to the last COMMIT."""
        spent = max(change.after for change in self.changes) - min(change.due for change in self.changes)
        # The last change of a job begins one pause before the job's time is over.
        return max(spent, len(self.changes) / self.rate)

    @property
    def achieved(self) -> float:
        """Changes a second."""
        return len(self.changes) / self.seconds
