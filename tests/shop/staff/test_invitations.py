"""Invitations: a mail with a link that works once; the account, or the consent of the one that is there."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.accounts.models import OutgoingMail, User
from shop.staff import invitations
from shop.staff.models import Invitation, TrailEntry
from tests.support.factories import UserFactory
from tests.support.together import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
PASSWORD = "correct horse battery"
ACCOUNT = {"name": "Nora New", "password1": PASSWORD, "password2": PASSWORD}
OVER = "This link works no more"
ADD = reverse("admin:staff_invitation_add")


@pytest.fixture
def owner(client):
    person = UserFactory(email="olga@example.com", is_staff=True, is_superuser=True)
    client.force_login(person)
    return client


def role(name="Support"):
    return Group.objects.get(name=name)


def link():
    """The path of the newest link that was mailed."""
    text = OutgoingMail.objects.order_by("-created_at").first().text
    return re.search(r"https?://[^/]+(/invitations/\S+/)", text)[1]


def invite(client, email="nora@example.com", name="Nora", role_name="Support"):
    """Invite as a browser does; the answer."""
    return client.post(ADD, {"email": email, "name": name, "role": role(role_name).pk})


def act(client, what):
    page = reverse(f"admin:staff_invitation_{what}", args=[Invitation.objects.get().pk])
    return client.post(page, follow=True).content.decode()


def test_a_new_colleague_sets_a_password_and_lands_in_the_admin(owner, process_all):
    assert invite(owner).status_code == 302
    path = link()
    process_all("accounts.mail")
    assert mail.outbox[-1].to == ["nora@example.com"]
    assert "olga@example.com invites you" in mail.outbox[-1].body
    browser = Client()
    page = browser.get(path)
    assert "You sign in as nora@example.com" in page.content.decode()
    assert page["Cache-Control"].count("no-store") == 1
    answer = browser.post(path, ACCOUNT)
    assert (answer.status_code, answer["Location"]) == (302, reverse("admin:index"))
    assert browser.get(reverse("admin:index")).status_code == 200
    nora = User.objects.get(email="nora@example.com")
    assert (nora.first_name, nora.is_staff, nora.is_superuser) == ("Nora New", True, False)
    assert [group.name for group in nora.groups.all()] == ["Support"]
    assert nora.check_password(PASSWORD)
    assert nora.emailaddress_set.get().verified


def test_a_second_factor_is_asked_for_as_the_setting_says(owner, settings):
    invite(owner)
    settings.STAFF_SECOND_FACTOR = True
    browser = Client()
    browser.post(link(), ACCOUNT)
    assert browser.get(reverse("admin:index"))["Location"] == reverse("mfa_index")


def test_a_link_works_once(owner):
    invite(owner)
    path = link()
    Client().post(path, ACCOUNT)
    for answer in (Client().get(path), Client().post(path, ACCOUNT)):
        assert answer.status_code == 404
        assert OVER in answer.content.decode()
    assert User.objects.filter(email="nora@example.com").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_link_that_is_opened_four_times_at_once_makes_one_account(owner):
    invite(owner)
    secret = link().split("/")[2]

    def accept():
        try:
            invitations.accept(secret, "Nora", PASSWORD)
        except (invitations.Over, invitations.HasAccount):
            return "refused"
        return "accepted"

    assert sorted(at_once(*[accept] * 4)) == ["accepted", "refused", "refused", "refused"]
    assert User.objects.filter(email="nora@example.com").count() == 1


def test_looking_at_the_link_changes_nothing(owner):
    invite(owner)
    for _ in range(3):
        assert Client().get(link()).status_code == 200
    assert Client().post(link(), ACCOUNT).status_code == 302


def test_an_expired_link_works_no_more_and_can_be_sent_again(owner):
    invite(owner)
    old = link()
    QuerySet(Invitation).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(old).status_code == 404
    assert "A new link goes to nora@example.com" in act(owner, "again")
    assert link() != old
    assert Client().get(old).status_code == 404
    assert Client().post(link(), ACCOUNT).status_code == 302


def test_a_withdrawn_link_works_no_more(owner):
    invite(owner)
    assert "is withdrawn" in act(owner, "withdraw")
    assert Client().post(link(), ACCOUNT).status_code == 404
    assert not User.objects.filter(email="nora@example.com").exists()
    assert "cannot be done" in act(owner, "again")
    assert invite(owner).status_code == 302  # a new one can be written


def test_the_list_shows_what_became_of_each(owner):
    invite(owner)
    page = owner.get(reverse("admin:staff_invitation_changelist")).content.decode()
    assert "nora@example.com" in page
    assert "open" in page
    found = Invitation.objects.get()
    page = owner.get(reverse("admin:staff_invitation_change", args=[found.pk])).content.decode()
    assert "Send again" in page
    assert "Withdraw" in page


# -- An address that has an account ---------------------------------------------------------------


@pytest.fixture
def shopper():
    return UserFactory(email="Nora@example.com", password=PASSWORD)


def test_an_account_gets_the_role_only_when_its_owner_signs_in_and_agrees(owner, shopper):
    invite(owner)
    path = link()
    stranger = Client()
    assert "Sign in to it to accept" in stranger.get(path).content.decode()
    assert stranger.post(path, ACCOUNT).status_code == 409
    shopper.refresh_from_db()
    assert (shopper.is_staff, shopper.check_password(PASSWORD)) == (False, True)
    browser = Client()
    browser.force_login(shopper)
    assert "gets this role" in browser.get(path).content.decode()
    shopper.refresh_from_db()
    assert not shopper.is_staff
    assert browser.post(path)["Location"] == reverse("admin:index")
    shopper.refresh_from_db()
    assert (shopper.is_staff, shopper.groups.get().name) == (True, "Support")
    assert browser.post(path).status_code == 404


def test_somebody_else_who_is_signed_in_takes_nothing(owner, shopper):
    invite(owner)
    other = UserFactory()
    browser = Client()
    browser.force_login(other)
    assert "you are signed in as" in browser.get(link()).content.decode()
    assert browser.post(link(), ACCOUNT).status_code == 409
    assert not User.objects.get(pk=other.pk).is_staff
    with pytest.raises(invitations.Over):
        invitations.accept_as(link().split("/")[2], other)


def test_an_account_that_is_made_meanwhile_is_not_overwritten(owner):
    invite(owner)
    secret = link().split("/")[2]
    UserFactory(email="NORA@example.com")
    with pytest.raises(invitations.HasAccount):
        invitations.accept(secret, "Nora", PASSWORD)
    assert Invitation.objects.get().accepted_at is None


def test_a_person_who_was_shut_out_comes_back_by_no_invitation(owner, shopper):
    invite(owner)
    path = link()
    shopper.is_active = False
    shopper.save()
    with pytest.raises(invitations.Over):
        invitations.accept_as(path.split("/")[2], shopper)
    QuerySet(Invitation).delete()
    assert "not active" in invite(owner).content.decode()


# -- Who may invite, into which role --------------------------------------------------------------


def inviter(*roles):
    person = UserFactory(is_staff=True)
    person.groups.set(Group.objects.filter(name__in=roles))
    person.user_permissions.set(Permission.objects.filter(codename__in=["add_invitation", "view_invitation"]))
    client = Client()
    client.force_login(person)
    return person, client


def test_who_is_no_superuser_invites_only_into_roles_of_their_own():
    _person, client = inviter("Support")
    assert "not one of the available choices" in invite(client, role_name="Manager").content.decode()
    assert invite(client).status_code == 302


def test_who_may_not_invite_does_not():
    person = UserFactory(is_staff=True)
    person.groups.add(role("Manager"))
    client = Client()
    client.force_login(person)
    assert invite(client).status_code == 403
    Invitation.objects.create(
        email="x@example.com", name="X", role=role(), secret_hash="x", sent_at=timezone.now(), expires_at=timezone.now()
    )
    key = Invitation.objects.get().pk
    for what in ("again", "withdraw"):
        assert client.post(reverse(f"admin:staff_invitation_{what}", args=[key])).status_code == 403


@pytest.mark.parametrize("loses", ["account", "role", "right"])
def test_an_invitation_ends_with_the_right_of_whoever_invited(loses):
    person, client = inviter("Support")
    invite(client)
    if loses == "account":
        person.is_active = False
        person.save()
    elif loses == "role":
        person.groups.clear()
    else:
        person.user_permissions.clear()
    assert Client().post(link(), ACCOUNT).status_code == 404


# -- Wrong input, and too much of it --------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"password2": "another horse"}, "The two passwords differ."),
        ({"password1": "short", "password2": "short"}, "at least 10 characters"),
        ({"password1": "nora@example.com", "password2": "nora@example.com"}, "too similar"),
    ],
)
def test_a_wrong_form_is_said_and_the_link_still_works(owner, changed, said):
    invite(owner)
    answer = Client().post(link(), ACCOUNT | changed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Client().post(link(), ACCOUNT).status_code == 302


@pytest.mark.parametrize("secret", ["none", "a" * 500, "%00", "../x"])
def test_a_made_up_link_says_nothing_of_anybody(secret):
    UserFactory(email="nora@example.com")
    answer = Client().get(f"/invitations/{secret}/")
    assert answer.status_code == 404
    assert "nora" not in answer.content.decode()


def test_links_are_tried_so_often_and_no_more(monkeypatch):
    from shop.staff import invitation_views

    monkeypatch.setattr(invitation_views, "TRIES", 3)
    client = Client(REMOTE_ADDR="203.0.113.7")
    assert [client.get("/invitations/none/").status_code for _ in range(4)] == [404, 404, 404, 429]


def test_one_address_gets_so_many_mails_and_no_more(owner):
    invite(owner)
    for _ in range(4):
        act(owner, "again")
    assert "cannot be done" in act(owner, "again")
    assert OutgoingMail.objects.count() == 5


def test_an_address_has_one_open_invitation(owner):
    invite(owner)
    assert "has an open invitation" in invite(owner, email="NORA@example.com").content.decode()
    assert OutgoingMail.objects.count() == 1


def test_an_address_that_is_invited_twice_at_the_same_moment_is_invited_once(owner, monkeypatch):
    invite(owner)
    monkeypatch.setattr("shop.staff.invitation_admin.InvitationForm.clean", lambda self: self.cleaned_data)
    answer = owner.post(ADD, {"email": "nora@example.com", "name": "N", "role": role().pk}, follow=True)
    assert "has an open invitation" in answer.content.decode()
    assert (Invitation.objects.count(), OutgoingMail.objects.count()) == (1, 1)


def test_the_database_keeps_no_link(owner):
    invite(owner)
    secret = link().split("/")[2]
    row = Invitation.objects.values().get()
    assert secret not in str(row)
    assert secret not in str(list(TrailEntry.objects.values()))
    assert row["secret_hash"] not in str(list(TrailEntry.objects.values()))


def test_the_trail_says_who_invited_and_who_came(owner):
    invite(owner)
    Client().post(link(), ACCOUNT)
    entries = [(each.person, each.action) for each in TrailEntry.objects.filter(kind="staff.invitation")]
    assert entries == [("nora@example.com", "did"), ("olga@example.com", "added")]
