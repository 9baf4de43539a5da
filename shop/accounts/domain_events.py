"""What happens to accounts. No event holds a name or an address: events are kept long and read by many."""

from events.log.types import DomainEvent, event


@event("account.mail_requested")
class MailRequested(DomainEvent, frozen=True, kw_only=True):
    """A mail about an account is to be sent.

    `mail` is the id of its `OutgoingMail`, which has the text and the address.
    """

    mail: str
