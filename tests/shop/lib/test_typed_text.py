"""Text as people type and paste it."""

import pytest

from shop.lib.typed_text import one_line, short_lines


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ann \t Example ", "Ann Example"),
        ("Ann\nBcc: x", "Ann Bcc: x"),
        ("Ann\r\n\r\nYour account", "Ann Your account"),
        ("Ann\x00\x1bExample", "Ann Example"),
        ("Ann\u2028Example", "Ann Example"),
        ("\ufeffAnn\u200b", "Ann"),
        ("\u202egnp.exe", "gnp.exe"),
        ("Zu\u0308rich", "Zürich"),
        ("مریم\u200cها", "مریم\u200cها"),  # the joiner belongs to the word
        ("Ann 👩\u200d💻", "Ann 👩\u200d💻"),
        ("", ""),
    ],
)
def test_a_line_is_one_line_without_what_nobody_sees(typed, kept):
    assert one_line(typed) == kept


def test_an_address_has_a_few_lines_and_loses_nothing():
    assert short_lines("1 Main St\r\n\r\n Apt 4 \n", 4) == "1 Main St\nApt 4"
    assert short_lines("a\nb\nc\nd\ne", 3) == "a\nb\nc, d, e"
    assert short_lines(" \n ", 3) == ""
