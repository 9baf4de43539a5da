"""Which marks a test gets, from where it stands and from the fixtures that it uses."""

from collections.abc import Collection
from zlib import crc32

import pytest

BROWSER = {"browser", "browser_type_launch_args"}  # of pytest-playwright; `page` and `context` use the first
PROCESSES = {"shop", "running_site", "broker_server", "served", "started", "shop_process_output"}
"""Fixtures that start processes, or with which a test does."""
DATABASE = {"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback"}


SITES = 3
"""How many groups share the tests that need a running site: one group would be the longest of all."""


def marks(folder: str, fixtures: Collection[str], module: Collection[str], given: Collection[str]) -> list[str]:
    """The names of the marks to add.

    `folder` is the first one under tests/; `fixtures` are all that the test uses, indirectly too;
    `module` has the names in the test's module; `given` the marks that are written beside the test.
    """
    found = []
    backbone = folder in ("conformance", "soak")
    if BROWSER & set(fixtures):
        found.append("browser")
    elif backbone or folder in ("deploy", "production") or PROCESSES & set(fixtures) or "subprocess" in module:
        found.append("processes")
    if backbone and "once" not in given:
        found.append("conformance")
    if not backbone and "django_db" not in given and not DATABASE & set(fixtures):
        found.append("once")
    return found


def group(path: str, fixtures: Collection[str], given: Collection[str]) -> str | None:
    """The group that the test is in: tests of one group run one after the other, in one pytest worker."""
    if path.startswith("soak/"):
        return "soak"  # each takes both cores
    if {"production", "on_sqlite"} & set(fixtures):
        return "production"  # one shop on each database is enough
    if "site" in fixtures:
        return f"site {crc32(path.encode()) % SITES}"  # it takes seconds to start, and each worker starts its own
    return path if "processes" in given else None  # so does what the fixtures of a module start


LONGEST = ("soak", "site ", "production", "conformance/", "events/live/")
"""What the names of the groups that take the longest begin with, in the order in which they run."""


def turn(name: str) -> int:
    """When the group of this name begins. The longest one first: or one worker goes on when the others are done."""
    return next((n for n, start in enumerate(LONGEST) if name.startswith(start)), len(LONGEST))


def longest_first(items: list[pytest.Item]) -> None:
    """Put the tests of the longest groups first. With `--no-loadscope-reorder` xdist keeps to that."""

    def of(item: pytest.Item) -> int:
        mark = item.get_closest_marker("xdist_group")
        return turn(mark.args[0] if mark else "")

    items.sort(key=of)


def without_group(name: str) -> str:
    """The name of a test as pytest knows it: xdist adds `@` and the group behind the parameters."""
    at = name.rfind("@")
    return name[:at] if at > max(name.rfind("]"), name.rfind("::")) else name


def add_to(item: pytest.Item) -> None:
    """Mark this test."""
    path = item.path.relative_to(item.config.rootpath / "tests")
    fixtures = getattr(item, "fixturenames", ())
    given = {mark.name for mark in item.iter_markers()}
    found = marks(path.parts[0], fixtures, vars(getattr(item, "module", None) or object), given)
    for name in found:
        item.add_marker(name)
    if name := group(path.as_posix(), fixtures, found):
        item.add_marker(pytest.mark.xdist_group(name))
