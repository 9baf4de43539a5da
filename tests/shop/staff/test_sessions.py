"""Where staff are signed in: noted, shown, ended one by one or all at once, and ended for who leaves."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from events.live import reauthorization, tickets
from events.live.streams import Viewer
from shop.accounts import periodic_tasks
from shop.accounts.models import User
from shop.staff import devices, sessions
from shop.staff.models import TrailEntry
from tests.support.factories import UserFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
PAGE = reverse("staff_sessions")
INDEX = reverse("admin:index")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def clerk(**fields):
    person = UserFactory(is_staff=True, **fields)
    person.groups.add(Group.objects.get(name="Support"))
    return person


def browser_of(person, **more):
    client = Client(**more)
    client.force_login(person)
    client.get(INDEX)
    return client


def inside(client):
    return client.get(INDEX).status_code == 200


def viewer(client, person):
    return (client.session.session_key, Viewer(user_id=person.pk, permissions=frozenset({"orders.view_order"})))


def still_watching(*watchers):
    return reauthorization.still_good(watchers)


def test_a_person_sees_their_own_browsers_and_nobody_elses():
    ann, bob = clerk(email="ann@example.com"), clerk(email="bob@example.com")
    browser_of(bob)
    page = browser_of(ann).get(PAGE).content.decode()
    assert "this browser" in page
    assert "bob@example.com" not in page


def test_the_owner_sees_everybodys():
    browser_of(clerk(email="bob@example.com"))
    owner = browser_of(UserFactory(is_staff=True, is_superuser=True))
    assert "bob@example.com" in owner.get(PAGE).content.decode()


def test_a_session_shows_device_and_address():
    ann = clerk()
    client = Client(headers={"user-agent": FIREFOX}, REMOTE_ADDR="203.0.113.7")
    ann.set_password("correct horse battery")
    ann.save()
    ann.confirm_address()
    client.post("/accounts/login/", {"login": ann.email, "password": "correct horse battery"})
    page = client.get(PAGE).content.decode()
    assert "Firefox · Windows" in page
    assert "203.0.113.7" in page
    assert UserSession.objects.count() == 1


def test_one_session_ends_and_the_others_go_on():
    ann = clerk()
    phone, desk = browser_of(ann), browser_of(ann)
    row = UserSession.objects.get(session_key=phone.session.session_key)
    watchers = [viewer(phone, ann), viewer(desk, ann)]
    assert still_watching(*watchers) == [True, True]
    desk.post(PAGE, {"session": row.pk})
    assert (inside(phone), inside(desk)) == (False, True)
    assert still_watching(*watchers) == [False, True]


def test_all_others_end_and_the_one_that_asked_goes_on():
    ann = clerk()
    phone, desk = browser_of(ann), browser_of(ann)
    desk.post(PAGE, {"person": ann.pk})
    assert (inside(phone), inside(desk)) == (False, True)


def test_a_session_that_nobody_noted_ends_with_all():
    ann = clerk()
    phone = browser_of(ann)
    UserSession.objects.all().delete()
    watching = viewer(phone, ann)
    sessions.end_all(ann)
    assert Session.objects.filter(session_key=watching[0]).exists()
    assert still_watching(watching) == [False]
    assert not inside(phone)


def test_a_person_ends_nobody_elses():
    ann, bob = clerk(), clerk()
    his, hers = browser_of(bob), browser_of(ann)
    row = UserSession.objects.get(user=bob)
    assert hers.post(PAGE, {"session": row.pk}).status_code == 403
    assert hers.post(PAGE, {"person": bob.pk}).status_code == 403
    assert inside(his)


def test_the_owner_ends_everybodys_and_the_trail_says_so():
    bob = clerk()
    his, owner = browser_of(bob), browser_of(UserFactory(is_staff=True, is_superuser=True))
    owner.post(PAGE, {"person": bob.pk})
    assert (inside(his), inside(owner)) == (False, True)
    assert TrailEntry.objects.get(kind="accounts.user", action="did").object_id == str(bob.pk)


@pytest.mark.parametrize("sent", [{"session": "x"}, {"session": "9" * 30}, {}, {"session": "-1"}])
def test_a_wrong_form_ends_nothing(sent):
    client = browser_of(clerk())
    assert client.post(PAGE, sent).status_code == 302
    assert inside(client)


@pytest.mark.parametrize("lost", ["is_active", "is_staff"])
def test_who_leaves_the_staff_is_signed_out_everywhere_at_once(lost, django_capture_on_commit_callbacks):
    ann = clerk()
    phone, desk = browser_of(ann), browser_of(ann)
    watchers = [viewer(phone, ann), viewer(desk, ann)]
    setattr(ann, lost, False)
    with django_capture_on_commit_callbacks() as told:
        ann.save(update_fields=[lost])
    assert any(ann.pk in call.args[1]["users"] for call in told)
    assert still_watching(*watchers) == [False, False]
    assert "_auth_user_id" not in phone.session
    setattr(ann, lost, True)
    ann.save()
    assert not inside(phone)  # what has ended does not come back with the right


def test_who_only_changes_their_name_stays_signed_in():
    ann = clerk()
    phone = browser_of(ann)
    ann.first_name = "Ann"
    ann.save()
    assert inside(phone)


def test_a_password_and_a_version_give_the_hash():
    ann = clerk()
    first = ann.get_session_auth_hash()
    sessions.end_all(ann)
    second = ann.get_session_auth_hash()
    assert first != second == User.objects.get(pk=ann.pk).get_session_auth_hash()
    assert len(second) == 64


def test_a_key_of_before_is_still_good_after_all_sessions_ended_once(settings):
    ann = clerk()
    sessions.end_all(ann)
    before = ann.get_session_auth_hash()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that is long enough"
    assert before in ann.get_session_auth_fallback_hash()


def test_notes_of_ended_sessions_are_deleted():
    ann = clerk()
    phone, _desk = browser_of(ann), browser_of(ann)
    Session.objects.filter(session_key=phone.session.session_key).delete()
    assert periodic_tasks.delete_ended_sign_ins() == 1
    assert UserSession.objects.count() == 1


def test_requests_within_some_minutes_are_one_note(django_assert_num_queries):
    client = browser_of(clerk())
    seen = UserSession.objects.get().last_seen_at
    client.get(INDEX)
    assert UserSession.objects.get().last_seen_at == seen


def test_a_browser_in_words():
    assert devices.in_words(FIREFOX) == "Firefox · Windows"
    assert devices.in_words("curl/8") == "curl/8"
    assert devices.in_words("") == "unknown"


def test_a_fingerprint_names_the_session_that_ended(django_capture_on_commit_callbacks):
    client = browser_of(clerk())
    key = client.session.session_key
    with django_capture_on_commit_callbacks() as told:
        sessions.end(UserSession.objects.get(session_key=key))
    assert told[0].args[1]["session"] == tickets.fingerprint(key)
