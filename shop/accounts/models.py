"""People sign in by their email address; there are no usernames."""

import hashlib
import secrets
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from events.emission import EmitsEvents
from shop.lib import postal


class UserManager(BaseUserManager["User"]):
    """Users by email, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user of that address."""
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":  # type: ignore[override]
        """A user who can sign in."""
        if not email:
            raise ValueError("a user needs an email address")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":  # type: ignore[override]
        """An admin. Whoever makes one vouches for the address: the first sign-in must not wait for a mail."""
        user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
        user.confirm_address()
        return user


class User(AbstractUser):
    """A shopper or a member of staff."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("email"))
    session_version = models.PositiveIntegerField(
        _("version of the sessions"), default=0, editable=False, help_text=_("One more ends every session.")
    )
    shows_name = models.BooleanField(
        _("shows the first name"), default=False, help_text=_("Shoppers read who packed and sent their order.")
    )
    silenced = models.JSONField(
        _("switched off"), default=list, blank=True, help_text=_("Messages that this person does not want.")
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="user_email", violation_error_message=_("This address is taken.")
            )
        ]

    def get_session_auth_hash(self) -> str:
        """As Django's, and another one for each version of the sessions."""
        return self._of_this_version(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same for secret keys of before."""
        return map(self._of_this_version, super().get_session_auth_fallback_hash())

    def _of_this_version(self, of_password: str) -> str:
        if not self.session_version:
            return of_password
        return hashlib.sha256(f"{of_password}:{self.session_version}".encode()).hexdigest()

    def confirm_address(self) -> None:
        """Note that this address is this person's, without a mail that asks for it."""
        from allauth.account.models import EmailAddress

        values = {"verified": True, "primary": True}
        EmailAddress.objects.update_or_create(user=self, email=self.email.lower(), defaults=values)


class SavedAddress(models.Model):
    """Where somebody has things delivered: chosen at checkout by one press. One of them may be the default."""

    user = models.ForeignKey(User, verbose_name=_("person"), on_delete=models.CASCADE, related_name="saved_addresses")
    name = models.CharField(_("full name"), max_length=120)
    address = models.CharField(_("address"), max_length=250)
    city = models.CharField(_("city"), max_length=100)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = CountryField(_("country"))
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name = _("saved address")
        verbose_name_plural = _("saved addresses")
        ordering = ["-is_default", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(is_default=True), name="one_default_address_of_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"

    @property
    def fields(self) -> dict[str, str]:
        """What the form of an address has, by the names of its fields."""
        names = ("name", "address", "city", "region", "postal_code", "country")
        return {name: str(getattr(self, name)) for name in names}

    @property
    def lines(self) -> list[str]:
        """As the country's post wants them."""
        return postal.lines(**(self.fields | {"country_name": str(self.country.name)}))


def _new_id() -> str:
    return secrets.token_urlsafe(16)


class OutgoingMail(EmitsEvents):
    """A mail about an account that waits to be sent. It is deleted once it is sent."""

    id = models.CharField(primary_key=True, max_length=40, default=_new_id)
    recipient = models.EmailField(_("recipient"))
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta(EmitsEvents.Meta):
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")

    def __str__(self) -> str:
        return self.id

    @property
    def stream(self) -> str:
        return f"mail:{self.id}"
