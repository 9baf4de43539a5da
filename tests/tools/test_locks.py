"""The locks: every package is pinned with hashes and comes from the right index."""

import re
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from tests.support.servers import ROOT

LOCKS = ["requirements", "tests/requirements", "bench/requirements", "tools/requirements"]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==(\S+)")


def pins(path):
    """Package and version of each line; a universal lock may have two versions of one package."""
    found = [PIN.match(line) for line in path.read_text().splitlines()]
    return {(re.sub(r"[-_.]+", "-", match[1]).lower(), match[2]) for match in found if match}


def entries(name):
    """The lock's entries: a line that is not indented, and those below it."""
    text = "\n".join(line for line in (ROOT / f"{name}.lock").read_text().splitlines() if not line.startswith("#"))
    return re.split(r"\n(?=\S)", text)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_what_was_asked_for(name):
    """When this fails: `make lock`."""
    assert pins(ROOT / f"{name}.txt")
    assert pins(ROOT / f"{name}.txt") - pins(ROOT / f"{name}.lock") == set()


def test_the_lock_has_what_the_extras_of_a_package_bring():
    """When this fails: `make lock`. An extra that was added to a package changes nothing of its own line."""
    locked = {package for package, _ in pins(ROOT / "requirements.lock")}
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    asked = [Requirement(line.partition("#")[0]) for line in lines if "[" in line.partition("#")[0]]
    assert asked
    for wanted in asked:
        for text in metadata.requires(wanted.name) or ():
            needed = Requirement(text)
            if needed.marker and any(needed.marker.evaluate({"extra": extra}) for extra in wanted.extras):
                assert re.sub(r"[-_.]+", "-", needed.name).lower() in locked, f"{wanted.name} needs {needed.name}"


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_one_version_and_hashes(name):
    for entry in entries(name):
        assert PIN.match(entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place_to_download_from(name):
    for line in (ROOT / f"{name}.lock").read_text().splitlines():
        assert not re.search(r"://|^--| @ |file:", line), line


@pytest.mark.parametrize(
    ("smaller", "larger"), [("requirements", "tests/requirements"), ("tests/requirements", "bench/requirements")]
)
def test_the_suite_tests_the_versions_that_the_shop_runs_on(smaller, larger):
    assert pins(ROOT / f"{smaller}.lock") - pins(ROOT / f"{larger}.lock") == set()
