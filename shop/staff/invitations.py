"""The verbs of invitations: invite, send again, withdraw, and accept.

A link has a random secret, of which the database keeps a hash. It works once, until it expires, is sent again or is
withdrawn, and as long as whoever invited may still give the role. An address that has an account takes the role only
when its owner signs in and agrees.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from shop.accounts.models import User
from shop.staff import trail
from shop.staff.models import Invitation, TrailEntry

GOOD_FOR = timedelta(days=7)
PERMISSION = "staff.add_invitation"
State = Invitation.State


class Over(Exception):
    """The link works no more, or never did."""


class HasAccount(Exception):
    """The address has an account: its owner must sign in."""


def roles_of(person: Any) -> QuerySet[Group]:
    """The roles that this person may give: a superuser all, others who may invite those they have themselves."""
    if person is None or not person.is_active or not person.has_perm(PERMISSION):
        return Group.objects.none()
    return Group.objects.all() if person.is_superuser else Group.objects.filter(user=person)


def invite(invitation: Invitation, person: User, request: HttpRequest) -> None:
    """Save a new invitation by this person, and have its mail sent."""
    invitation.invited_by = person
    _send(invitation, request)


def send_again(key: int, person: User, request: HttpRequest) -> bool:
    """Mail a new link; the old one ends. False: there is nothing to accept any more, or not for this person to give."""
    with transaction.atomic():
        found = Invitation.objects.select_for_update().get(pk=key)
        if found.state not in (State.OPEN, State.EXPIRED) or found.role not in roles_of(person):
            return False
        invite(found, person, request)
        return True


def withdraw(key: int) -> bool:
    """The link ends. False: it was accepted or withdrawn before."""
    with transaction.atomic():
        found = Invitation.objects.select_for_update().get(pk=key)
        if found.state not in (State.OPEN, State.EXPIRED):
            return False
        found.withdrawn_at = timezone.now()
        found.save(update_fields=["withdrawn_at"])
        return True


def find(secret: str) -> Invitation:
    """The invitation of a link. Raises `Over`."""
    found = Invitation.objects.select_related("role", "invited_by").filter(secret_hash=_hash(secret)).first()
    if found is None or found.state != State.OPEN or found.role not in roles_of(found.invited_by):
        raise Over
    return found


def account_of(invitation: Invitation) -> User | None:
    """The account of its address, if there is one."""
    return User.objects.filter(email__iexact=invitation.email).first()


def accept(secret: str, name: str, password: str) -> User:
    """Make an account with the role. Raises `Over`, `HasAccount`; nothing is written then."""
    try:
        with transaction.atomic():
            found = _locked(secret)
            if account_of(found):
                raise HasAccount
            user = User.objects.create_user(found.email, password, first_name=name, is_staff=True)
            user.confirm_address()
            _take(found, user)
            return user
    except IntegrityError:  # somebody made an account with this address meanwhile
        raise HasAccount from None


def accept_as(secret: str, user: User) -> None:
    """Its owner is signed in, and takes the role. Raises `Over`, also for somebody else's account."""
    with transaction.atomic():
        found = _locked(secret)
        owner = User.objects.select_for_update().get(pk=user.pk)
        if owner.email.lower() != found.email.lower() or not owner.is_active:
            raise Over
        with trail.acting(owner):
            owner.is_staff = True
            owner.save(update_fields=["is_staff"])
        _take(found, owner)


def _take(invitation: Invitation, user: User) -> None:
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    with trail.acting(user):
        user.groups.add(invitation.role)
        by = str(invitation.invited_by)
        trail.record(
            TrailEntry.Action.DID, invitation, {"role": [None, str(invitation.role)], "invited_by": [None, by]}
        )


def _locked(secret: str) -> Invitation:
    key = find(secret).pk
    Invitation.objects.select_for_update().get(pk=key)
    return find(secret)  # again, under the lock


def _send(invitation: Invitation, request: HttpRequest) -> None:
    secret = secrets.token_urlsafe(32)
    invitation.secret_hash = _hash(secret)
    invitation.sent_at = timezone.now()
    invitation.expires_at = invitation.sent_at + GOOD_FOR
    with transaction.atomic():
        invitation.save()
        context = {
            "invitation": invitation,
            "brand": settings.BRAND,
            "link": f"{settings.SITE_URL}{reverse('invitation', args=[secret])}",
            "days": GOOD_FOR.days,
        }
        get_adapter(request).send_mail("staff/email/invitation", invitation.email, context)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
