"""The list of features: every test that it names is there, and every address leads to a page."""

import re

import pytest
from django.urls import resolve

from tests.support.servers import ROOT

PAGE = (ROOT / "docs/features.md").read_text()
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ") and "`" in line]


def test_the_list_has_rows_of_three():
    assert len(ROWS) > 35
    assert {len(row) for row in ROWS} == {3}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_each_feature_names_tests_that_are_there(row):
    named = re.findall(r"`([^`]+\.(?:py|mjs))`", row[2])
    assert named
    for path in named:
        assert (ROOT / "tests" / path).is_file(), path


@pytest.mark.parametrize("address", sorted(set(re.findall(r"`(/[^`?]*)", PAGE))))
def test_each_address_leads_to_a_page(address):
    assert resolve(address)
