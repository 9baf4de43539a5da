"""What happens to a question. What somebody wrote stands in no event: events are kept long and read by many."""

from events.log.types import DomainEvent, event


class QuestionEvent(DomainEvent, frozen=True, kw_only=True):
    """The fields of all events of a question.

    `question` is its key, `ref` the order's reference or "", `messages` how many there are, `message` the id of the
    one that this is about. `actor` is as in an order's events.
    """

    question: str
    ref: str
    state: str
    messages: int
    customer: int | None
    actor: str
    message: int | None = None


@event("question.asked")
class QuestionAsked(QuestionEvent, frozen=True, kw_only=True):
    """A shopper wrote. If the message withdraws from the contract, a handler confirms that by mail."""

    withdraws: bool = False


@event("question.answered")
class QuestionAnswered(QuestionEvent, frozen=True, kw_only=True):
    """Staff wrote. A handler mails it."""


@event("question.closed")
class QuestionClosed(QuestionEvent, frozen=True, kw_only=True):
    """Staff see nothing left to answer."""


@event("question.reopened")
class QuestionReopened(QuestionEvent, frozen=True, kw_only=True):
    """Staff want to come back to it."""
