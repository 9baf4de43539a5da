"""A day of the shop begins at midnight in its own time zone: nobody asks a moment in UTC for its date."""

import re
from pathlib import Path

from django.conf import settings

UTC_DAY = re.compile(r"(_at|now\(\))\.date\(\)|date\.today\(")


def test_no_line_takes_the_day_of_a_moment_in_utc():
    found = [
        f"{path.relative_to(settings.BASE_DIR)}:{number}: {line.strip()}"
        for folder in ("events", "orders", "shop")
        for path in sorted(Path(settings.BASE_DIR / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UTC_DAY.search(line)
    ]
    assert found == []


def test_the_search_finds_what_it_looks_for():
    for line in ("order.placed_at.date()", "timezone.now().date()", "date.today()"):
        assert UTC_DAY.search(line)
    assert not UTC_DAY.search("timezone.localdate(order.placed_at)")
