"""Who loses the right to watch watches no longer."""

import asyncio
import re
import time

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from orders.lifecycle import Status
from orders.models import Order
from tests.events.live.conftest import amove, sign_in, without_connection
from tests.support.factories import UserFactory, make_order
from tests.support.live import Visitor, closed, frame, in_loop

# The look at everybody, every 45 s, does not come within a test: only the message through the layer closes a socket.


def sign_out(visitor, user):
    page = visitor.http.get("/accounts/logout/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    assert visitor.http.post("/accounts/logout/", data={"csrfmiddlewaretoken": token}).status_code == 200


def change_password(visitor, user):
    user.set_password("another one")
    user.save()


def deactivate(visitor, user):
    user.is_active = False
    user.save()


def lose_permission(visitor, user):
    user.user_permissions.clear()


def lose_group_permission(visitor, user):
    Group.objects.get(name="Packers").permissions.clear()


def leave_group(visitor, user):
    user.groups.clear()


def taken_out_of_group(visitor, user):
    Group.objects.get(name="Packers").user_set.remove(user)


def group_deleted(visitor, user):
    Group.objects.get(name="Packers").delete()


def removed(visitor, user):
    user.delete()


BY_GROUP = [lose_group_permission, leave_group, taken_out_of_group, group_deleted]


# Two are tried on each database, these on one: the signals are the same.
ON_ONE_DATABASE = [
    change_password,
    deactivate,
    leave_group,
    taken_out_of_group,
    group_deleted,
    lose_group_permission,
    removed,
]


@pytest.mark.alone
@pytest.mark.parametrize(
    "loses", [sign_out, lose_permission, *(pytest.param(one, marks=pytest.mark.once) for one in ON_ONE_DATABASE)]
)
def test_who_loses_the_right_to_watch_is_cut_off_within_a_second_and_nobody_else(web, loses):
    order = make_order()
    permission = Permission.objects.get(codename="view_order")
    staff = UserFactory(email="packer@example.com", is_staff=True)
    if loses in BY_GROUP:
        group = Group.objects.create(name="Packers")
        group.permissions.add(permission)
        staff.groups.add(group)
    else:
        staff.user_permissions.add(permission)
    colleague = UserFactory(email="picker@example.com", is_staff=True)
    colleague.user_permissions.add(permission)
    url = web()
    visitor, guest = sign_in(Visitor(url), staff), Visitor(url).open(order)
    beside = sign_in(Visitor(url), colleague)

    async def run():
        async with visitor.connect() as socket, guest.connect() as other, beside.connect() as third:
            for who, its in ((visitor, socket), (guest, other), (beside, third)):
                await its.send(who.hello({"s": order.stream}))
                assert (await frame(its))["t"] == "snap"
            await asyncio.to_thread(without_connection, loses, visitor, staff)
            started = time.monotonic()
            code = await closed(socket, 3)
            assert time.monotonic() - started < 1.0
            await amove(order, Status.PAID)
            assert [(await frame(its))["n"] for its in (other, third)] == [2, 2]
            return code

    assert in_loop(run()) == 4401


@pytest.mark.parametrize("told", [True, False], ids=["by a message", "by the next look"])
def test_whose_link_was_ended_watches_no_longer(web, told):
    order, other = make_order(), make_order()
    url = web(LIVE_RECHECK_SECONDS="60" if told else "1")
    visitor, beside = Visitor(url).open(order), Visitor(url).open(other)

    def end():
        changed = Order.objects.get(pk=order.pk)
        with transaction.atomic():
            if told:
                changed.end_links()
                changed.save(update_fields=["link_version"])
            else:
                Order.objects.filter(pk=order.pk).update(link_version=changed.link_version + 1)

    async def run():
        async with visitor.connect() as socket, beside.connect() as another:
            for who, its, watched in ((visitor, socket, order), (beside, another, other)):
                await its.send(who.hello({"s": watched.stream}))
                assert (await frame(its))["t"] == "snap"
            await asyncio.to_thread(without_connection, end)
            refusal = await frame(socket)
            code = await closed(socket, 5)
            await amove(other, Status.PAID)
            return refusal["code"], code, (await frame(another))["n"]

    assert in_loop(run()) == ("not_yours", 4403, 2)


def test_a_ticket_from_before_the_sign_out_opens_nothing(web):
    order = make_order()
    staff = UserFactory(email="packer@example.com", is_staff=True, is_superuser=True)
    visitor = sign_in(Visitor(web()), staff)
    cookies = visitor.cookies()
    sign_out(visitor, staff)
    visitor.cookies = lambda: cookies

    async def run():
        async with visitor.connect() as socket:
            await socket.send(visitor.hello({"s": order.stream}))
            return await closed(socket)

    assert in_loop(run()) == 4401


def test_a_lost_permission_whose_message_was_lost_is_found_by_the_next_reauthorization(web):
    order = make_order()
    staff = UserFactory(email="packer@example.com", is_staff=True, is_superuser=True)
    url = web(LIVE_RECHECK_SECONDS="1")
    visitor = sign_in(Visitor(url), staff)

    # `update` sends no signal.
    async def run():
        async with visitor.connect() as socket:
            await socket.send(visitor.hello({"s": order.stream}))
            await frame(socket)
            await asyncio.to_thread(
                without_connection, lambda: get_user_model().objects.filter(pk=staff.pk).update(is_active=False)
            )
            return await closed(socket, 5)

    assert in_loop(run()) == 4401
