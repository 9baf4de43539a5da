"""A passkey, with an authenticator that Chromium simulates. It needs the name `localhost`, not 127.0.0.1."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from shop.demo import content

pytestmark = pytest.mark.once

OPTIONS = {
    **{"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True},
    **{"isUserVerified": True, "automaticPresenceSimulation": True},
}


@pytest.fixture
def shop(demo: str) -> str:
    """The address at which browsers allow passkeys."""
    return demo.replace("127.0.0.1", "localhost")


@pytest.fixture
def packer(someone: Any, shop: str) -> Page:
    """A browser on a machine with a fingerprint reader, where staff is signed in."""
    page: Page = someone()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})
    sign_in(page, shop)
    page.wait_for_url("**/orders/")
    return page


def sign_in(page: Page, shop: str) -> None:
    page.goto(f"{shop}/accounts/login/")
    page.get_by_label("Email").fill("staff@example.com")
    page.get_by_label("Password").fill(content.PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()


def add_passkey(page: Page, shop: str) -> None:
    page.goto(f"{shop}/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(content.PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.locator("html.js").wait_for()
    page.get_by_label("Name").fill("The packing table")
    page.locator("main").get_by_role("button", name="Add").click()
    page.wait_for_url("**/2fa/**recovery**")


def test_staff_sign_in_with_a_passkey(packer: Page, shop: str) -> None:
    add_passkey(packer, shop)
    packer.goto(f"{shop}/accounts/logout/")
    packer.locator("main").get_by_role("button", name="Sign out").click()
    sign_in(packer, shop)
    packer.wait_for_url("**/accounts/2fa/authenticate/**")  # the password alone opens nothing
    packer.locator("html.js").wait_for()
    packer.locator("main").get_by_role("button", name="Use a security key").click()
    packer.wait_for_url("**/orders/")
    packer.goto(f"{shop}/admin/")
    expect(packer.get_by_role("link", name="Board")).to_be_visible()


def test_without_the_passkey_the_password_opens_nothing(packer: Page, someone: Any, shop: str) -> None:
    add_passkey(packer, shop)
    thief = someone()
    sign_in(thief, shop)
    thief.wait_for_url("**/accounts/2fa/authenticate/**")
    thief.goto(f"{shop}/admin/")
    assert "/admin/" not in thief.url
