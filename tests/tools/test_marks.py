"""A test gets its marks from where it stands and what it uses, so that none is forgotten."""

import re
import subprocess
import sys

import pytest

from tests.support.marks import SITES, group, longest_first, marks, without_group


@pytest.mark.parametrize(
    ("folder", "fixtures", "module", "given", "expected"),
    [
        ("orders", {"db", "client"}, {}, {"django_db"}, set()),
        ("orders", {"client"}, {}, {"django_db"}, set()),
        ("orders", {"variant", "db"}, {}, set(), set()),
        ("events", {"transactional_db"}, {}, set(), set()),
        ("events", {"tmp_path"}, {}, set(), {"once"}),
        ("tools", {"tmp_path"}, {"subprocess": 1}, set(), {"once", "processes"}),
        ("events", {"shop", "transactional_db", "web"}, {}, set(), {"processes"}),
        ("shop", {"site", "running_site", "transactional_db"}, {}, set(), {"processes"}),
        ("journeys", {"page", "browser", "site", "transactional_db"}, {}, set(), {"browser"}),
        ("conformance", {"farm", "broker_server", "transactional_db"}, {}, set(), {"processes", "conformance"}),
        ("soak", set(), {}, set(), {"processes", "conformance"}),
        ("deploy", {"tmp_path"}, {}, set(), {"once", "processes"}),
        ("soak", set(), {}, {"once"}, {"processes"}),
    ],
)
def test_marks_follow_from_folder_and_fixtures(folder, fixtures, module, given, expected):
    assert set(marks(folder, fixtures, module, given)) == expected


def test_tests_that_need_a_running_site_run_in_few_groups():
    """Each worker that has one starts a site of its own."""
    fixtures = {"site", "running_site"}
    groups = {group(f"journeys/test_{n}.py", fixtures, ["browser"]) for n in range(50)}
    assert len(groups) == SITES
    assert group("shop/test_a.py", fixtures, ["processes"]) in groups


def test_two_soaks_do_not_run_at_once():
    assert group("soak/test_a.py", set(), ["processes"]) == group("soak/test_b.py", set(), ["processes"])


def test_the_longest_groups_begin_first_and_the_others_keep_their_order():
    class Item:
        def __init__(self, name, group):
            self.name, self.group = name, group

        def get_closest_marker(self, name):
            assert name == "xdist_group"
            return pytest.mark.xdist_group(self.group).mark if self.group else None

    order = ["b", "deploy/test_a.py", "events/live/test_a.py", "a", "site 2", "soak", "conformance/test_a.py", "site 0"]
    items = [Item(name, name if len(name) > 1 else None) for name in order]
    longest_first(items)
    assert [item.name for item in items] == [
        *("soak", "site 2", "site 0", "conformance/test_a.py", "events/live/test_a.py"),
        *("b", "deploy/test_a.py", "a"),
    ]


def test_the_shop_in_production_is_started_once():
    fixtures, one_of_them = {"production"}, {"on_sqlite"}
    one = group("production/test_a.py", fixtures, ["processes"])
    assert one == group("production/test_b.py", one_of_them, ["processes"]) is not None


def test_tests_that_share_what_their_module_started_run_in_one_worker():
    assert group("deploy/test_a.py", {"proxy"}, ["processes"]) == "deploy/test_a.py"
    assert group("orders/test_a.py", {"db"}, []) is None


def selected(*options):
    """The files of the tests that pytest selects."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}


def test_the_marks_are_there_before_pytest_selects():
    browsers = selected("-m", "browser", "tests/journeys", "tests/tools")
    assert "tests/journeys/test_buying.py" in browsers
    assert not any(path.startswith("tests/tools/") for path in browsers)


def test_a_failed_test_is_remembered_by_its_own_name():
    assert without_group("tests/a.py::test_x[a@b]@site 1") == "tests/a.py::test_x[a@b]"
    assert without_group("tests/a.py::test_x@site 1") == "tests/a.py::test_x"
    assert without_group("tests/a.py::test_x[a@b]") == "tests/a.py::test_x[a@b]"
    assert without_group("tests/a.py::test_x") == "tests/a.py::test_x"


def test_xdist_keeps_the_tests_of_a_group_in_one_worker():
    """Some versions of pytest and xdist together forget the groups, silently."""
    path = "tests/tools/test_marks.py"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-v",
        "-n",
        "2",
        "--dist",
        "loadgroup",
        path,
        "-k",
        "not keeps_the_tests and not selects",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    workers = set(re.findall(r"^\[(gw\d)\].* PASSED", done.stdout, re.MULTILINE))
    assert len(workers) == 1, done.stdout
