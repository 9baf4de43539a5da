"""Pages and mails in a language that is written from right to left say so."""

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from tests.support.factories import VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def arabic(settings):
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "العربية")]


@pytest.mark.parametrize("path", ["/", "/products/", "/cart/", "/accounts/login/"])
def test_a_page_begins_at_the_right(client, arabic, path):
    VariantFactory()
    assert '<html lang="ar" dir="rtl">' in client.get(path, headers={"Accept-Language": "ar"}).text
    assert '<html lang="en">' in client.get(path, headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize("mail", ["base", "stock_alert_due", "stock_alert_requested"])
@pytest.mark.parametrize(("language", "told"), [("ar", ' dir="rtl"'), ("zh-hans", "")])
def test_a_mail_begins_at_the_right(arabic, mail, language, told):
    with translation.override(language):
        text = render_to_string(f"mail/{mail}.html", {"language": language, "request": None})
    assert f'<html lang="{language}"{told}>' in text
