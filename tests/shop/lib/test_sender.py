"""The sender of mails, whatever stands in the shop's name."""

from email import message_from_bytes, policy

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from shop.lib import environment

NAMES = [
    *('"Quoted, before"', "Smith, Jones & Co", "Tea: the shop", "a@b", "One; Two", "The (old) Shop", 'The "Best"'),
    *("茶叶店", "Müller"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_goes_out_under_the_whole_name(monkeypatch, name):
    monkeypatch.delenv("DEFAULT_FROM_EMAIL", raising=False)
    sender = environment.mail_address("DEFAULT_FROM_EMAIL", f"{name} <shop@example.com>")
    sent = []

    class Server:
        def sendmail(self, by, to, raw):
            sent.append((by, message_from_bytes(raw, policy=policy.default)["From"].addresses[0]))

    backend = EmailBackend()
    backend.connection = Server()
    backend._send(EmailMessage("s", "t", sender, ["a@example.com"]))
    ((by, shown),) = sent
    assert by.endswith("<shop@example.com>")  # smtplib takes the address out of it
    assert shown.addr_spec == "shop@example.com"
    assert shown.display_name == ("Quoted, before" if "Quoted" in name else name)


@pytest.mark.parametrize(
    "value", ["nobody", "a@b@c", "Shop <>", "Shop <a@b.example", "a@b.example>", "a@b.example, c@d.example"]
)
def test_what_is_no_address_is_refused_in_one_sentence(monkeypatch, value):
    monkeypatch.setenv("DEFAULT_FROM_EMAIL", value)
    with pytest.raises(ImproperlyConfigured, match="must be a mail address"):
        environment.mail_address("DEFAULT_FROM_EMAIL", "")
