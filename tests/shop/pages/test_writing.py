"""The pages as the owner writes them: in admin, from our samples, and what the doctor says of them."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError

from shop.pages import seeding
from shop.pages.models import Kind, Page
from shop.serve import doctor
from tests.orders.conftest import member_of
from tests.support.together import at_once

pytestmark = pytest.mark.django_db


def form(**changes):
    return {
        "kind": "imprint",
        "slug": "",
        "position": 0,
        "published": "on",
        "title_en": "Imprint",
        "title_zh_hans": "网站信息",
        "body_en": "Us.",
        "body_zh_hans": "我们。",
        **changes,
    }


@pytest.fixture
def manager(client):
    client.force_login(member_of("Manager"))
    return client


def test_a_manager_writes_a_page_in_both_languages(manager):
    assert manager.post("/admin/pages/page/add/", form()).status_code == 302
    page = Page.objects.get()
    assert (page.slug, page.missing, page.is_sample) == ("imprint", [], False)
    assert manager.post(f"/admin/pages/page/{page.pk}/change/", form(body_en="Only us.")).status_code == 302
    assert [each.text["body"] for each in page.versions.all()] == ["Only us.", "Us."]
    assert "/info/imprint/1/" in manager.get(f"/admin/pages/page/{page.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"kind": "terms"}, "There is a page of this kind already"),
        ({"kind": "other"}, "Another page needs a slug"),
        ({"kind": "other", "slug": "privacy"}, "This slug belongs to a kind"),
        ({"kind": "other", "slug": "a b"}, "valid “slug”"),
        ({"title_en": ""}, "This field is required"),
    ],
)
def test_a_wrong_page_is_refused_beside_its_field_and_nothing_is_lost(manager, terms, wrong, words):
    answer = manager.post("/admin/pages/page/add/", form(**wrong, body_en="My own words"))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert words in page
    assert "My own words" in page
    assert Page.objects.count() == 1


def test_no_page_is_deleted(admin_client, terms):
    assert admin_client.post(f"/admin/pages/page/{terms.pk}/delete/", {"post": "yes"}).status_code == 403


def test_first_steps_makes_drafts_once_and_leaves_what_is_there(terms, capsys):
    call_command("first_steps")
    assert "drafts with sample texts" in capsys.readouterr().out
    assert set(Page.objects.values_list("kind", flat=True)) == {*Kind.values} - {"other"}
    assert list(Page.objects.filter(published=True)) == [terms]
    assert Page.objects.get(kind="terms").body_en == terms.body_en
    assert seeding.seed(published=True) == []


def test_the_doctor_names_what_is_missing_what_is_a_sample_and_what_lacks_a_language(terms):
    with pytest.raises(doctor.Warned, match="not published: imprint, privacy, withdrawal, delivery, contact"):
        doctor.pages()
    seeding.seed(published=True)
    Page.objects.filter(kind="terms").update(title_zh_hans="")
    with pytest.raises(doctor.Warned) as said:
        doctor.pages()
    assert "still our sample text: imprint, privacy, withdrawal, delivery, contact" in str(said.value)
    assert "lacks a language: terms" in str(said.value)
    for page in Page.objects.all():
        page.title_zh_hans, page.body_en, page.body_zh_hans = "页", "Ours.", "我们的。"
        page.save()
    assert doctor.pages() == "6 published"


@pytest.mark.django_db(transaction=True)
def test_two_who_save_at_once_make_a_version_each():
    page = Page.objects.create(kind="terms", title_en="Terms", body_en="One.", published=True)

    def save(text):
        mine = Page.objects.get(pk=page.pk)
        mine.body_en = text
        mine.save()

    at_once(*[lambda text=text: save(text) for text in ("Two.", "Three.", "Four.", "Five.")])
    versions = list(page.versions.order_by("number"))
    assert [each.number for each in versions] == [1, 2, 3, 4, 5]
    page.refresh_from_db()
    assert versions[-1].texts == page.texts


def test_the_database_keeps_one_page_of_a_kind(terms):
    with pytest.raises(IntegrityError):
        Page.objects.create(kind="terms", title_en="Again", body_en="x")
