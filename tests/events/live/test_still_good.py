"""What a ticket proved is compared with today's account, session and rights: each loss ends the socket."""

import time

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from events.live import reauthorization, tickets
from events.live.streams import Viewer
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def watching():
    """A member of staff in a browser, with the session key and the viewer of an open socket."""
    user, client = UserFactory(is_staff=True), Client()
    group = Group.objects.create(name="Packers")
    group.permissions.add(Permission.objects.get(codename="view_order"))
    user.groups.add(group)
    client.force_login(user)
    key = client.session.session_key
    viewer = tickets.redeem(client.get("/live/ticket").json()["ticket"], key)
    assert viewer.permissions == {"orders.view_order"}
    return user, client, key, viewer


def good(key, viewer):
    return reauthorization.still_good([(key, viewer)]) == [True]


def test_nothing_lost_is_still_good(watching):
    _, _, key, viewer = watching
    assert good(key, viewer)


def closed_account(user, client):
    user.is_active = False
    user.save()


def new_password(user, client):
    user.set_password("another one")
    user.save()


def no_staff(user, client):
    user.is_staff = False
    user.save()


def out_of_the_group(user, client):
    user.groups.clear()


def right_of_the_group(user, client):
    Group.objects.get(name="Packers").permissions.clear()


def signed_out(user, client):
    client.logout()


def no_account(user, client):
    user.delete()


LOSSES = [closed_account, new_password, no_staff, out_of_the_group, right_of_the_group, signed_out, no_account]


@pytest.mark.parametrize("lose", LOSSES)
def test_each_loss_is_noticed(watching, lose):
    user, client, key, viewer = watching
    lose(user, client)
    assert not good(key, viewer)


def test_a_link_that_was_granted_lasts_as_long_as_its_session(client):
    session = client.session
    session[tickets.GRANTS] = {"order:X": time.time() + 60, "order:Old": time.time() - 1}
    session.save()
    viewer = Viewer(grants=frozenset({"order:X"}))
    assert good(session.session_key, viewer)
    assert not good(session.session_key, Viewer(grants=frozenset({"order:X", "order:Y"})))
    assert not good(session.session_key, Viewer(grants=frozenset({"order:Old"})))
    session.delete()
    assert not good(session.session_key, viewer)


def test_staff_without_the_right_gets_no_right_from_being_staff(client):
    client.force_login(UserFactory(is_staff=True))
    viewer = tickets.redeem(client.get("/live/ticket").json()["ticket"], client.session.session_key)
    assert viewer.permissions == frozenset()


@pytest.mark.parametrize("lose", [closed_account, new_password, signed_out, no_account])
def test_a_shopper_without_any_right_loses_the_socket_too(lose):
    user, client = UserFactory(), Client()
    client.force_login(user)
    key = client.session.session_key
    viewer = tickets.redeem(client.get("/live/ticket").json()["ticket"], key)
    assert good(key, viewer)
    lose(user, client)
    assert not good(key, viewer)
