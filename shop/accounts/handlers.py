"""What follows from an account's events."""

from django.core.mail import EmailMultiAlternatives

from events.delivery.registry import handler
from events.log.envelope import Received
from shop.accounts.models import OutgoingMail


@handler("account.mail_requested", queue="mail", name="accounts.mail", external=True)
def send_mail(event: Received) -> None:
    """Send the mail, then delete it: it may hold a link that resets a password."""
    mail = OutgoingMail.objects.filter(pk=event.data.mail).first()
    if mail is None:
        return  # it was sent, and the process ended before it could acknowledge
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        to=[mail.recipient],
        headers={
            "Message-ID": f"<{event.id}.{event.handler}@doorbell>",
            "X-Idempotency-Key": event.idempotency_key,
            "Auto-Submitted": "auto-generated",
        },
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    message.send()
    OutgoingMail.objects.filter(pk=mail.pk).delete()
