"""Somebody of the staff whose clicks are counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Locator, Page, expect


class Hand:
    """Somebody of the staff in front of a page, who counts.

    Typing, scanning and keys are no clicks, and keys lead into a field. A choice in a list is two clicks: one opens it.
    """

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site, self.clicks = page, site, 0

    @contextmanager
    def job(self, most: int) -> Iterator[None]:
        """What is done herein takes no more clicks."""
        before = self.clicks
        yield
        assert self.clicks - before <= most

    def click(self, name: str, role: str = "link", within: Locator | None = None) -> None:
        """Press what has this name."""
        self.press((within or self.page).get_by_role(role, name=name, exact=True).first)  # type: ignore[arg-type]

    def press(self, what: Locator) -> None:
        """Press this, or go into this field by the mouse."""
        what.click()
        self.clicks += 1

    def choose(self, field: Locator, label: str) -> None:
        """One click opens the list, another one chooses."""
        field.select_option(label=label)
        self.clicks += 2

    def choose_file(self, field: Locator, file: Any) -> None:
        """One click opens the dialog of the system, another one chooses."""
        field.set_input_files(file)
        self.clicks += 2

    def find(self, typed: str, name: str) -> None:
        """By the one search, from any page; what is found is clicked."""
        self.page.keyboard.press("Control+k")
        field = self.page.locator("#search-input-command")
        expect(field).to_be_focused()
        field.press_sequentially(typed)
        hit = self.page.locator("#command-results-list").get_by_role("link", name=name).first
        expect(hit).to_be_visible(timeout=20_000)
        self.press(hit)

    def menu(self, name: str) -> None:
        """A page by the menu of the admin."""
        self.press(self.page.locator("#nav-sidebar-apps").get_by_role("link", name=name).first)

    def down(self, typed: list[str]) -> None:
        """Down a column of the page's table, from the field where the focus is."""
        for text in typed:
            self.page.keyboard.press("ControlOrMeta+a")
            self.page.keyboard.type(text)
            self.page.keyboard.press("Enter")
