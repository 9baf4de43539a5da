"""Mail addresses that look like typing errors."""

import pytest

from shop.lib.mail_typos import PROVIDERS, distance, likely


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("anna@gmial.con", "anna@gmail.com"),
        ("anna@gmial.com", "anna@gmail.com"),
        ("anna@gmal.com", "anna@gmail.com"),
        ("anna@Gamil.Com", "anna@gmail.com"),
        ("anna@gmail.co", "anna@gmail.com"),
        ("anna@hotmial.com", "anna@hotmail.com"),
        ("anna@yaho.com", "anna@yahoo.com"),
        ("anna@outlok.de", "anna@outlook.de"),
        ("anna@t-onlin.de", "anna@t-online.de"),
        ("anna@iclod.com", "anna@icloud.com"),
        ("anna@firma.con", "anna@firma.com"),
        ("anna@verein.ogr", "anna@verein.org"),
        ("anna@qq.con", "anna@qq.com"),
    ],
)
def test_a_probable_error_has_a_suggestion(typed, meant):
    assert likely(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "a@gmail.com",
            "a@mail.com",
            "a@ymail.com",
            "a@email.com",
            "a@GMX.de",
            "a@firma.de",
            "a@firma.co",
            "a@web.dk",
        ),
        *("a@yahoo.es", "a@live.de", "a@müller.de", "a@localhost", "a", "", "a@164.com", "a@shop.example", "a@me.de"),
    ],
)
def test_a_right_address_has_none(typed):
    assert likely(typed) == ""


def test_no_provider_is_taken_for_another_one():
    assert [provider for provider in PROVIDERS if likely(f"a@{provider}")] == []


@pytest.mark.parametrize(("one", "other", "steps"), [("", "", 0), ("ab", "ba", 1), ("abc", "abd", 1), ("abc", "", 3)])
def test_distance_counts_the_errors(one, other, steps):
    assert distance(one, other) == distance(other, one) == steps
