"""Every mutant fits the code as it is: a patch that no longer applies would test nothing, silently."""

import pytest

from tests.mutants import patches

MUTANTS = patches.every()


def test_there_are_mutants_and_each_has_a_number_of_its_own():
    numbers = [mutant.name.partition("-")[0] for mutant in MUTANTS]
    assert len(MUTANTS) >= 60
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_it_applies(mutant):
    patches.check(mutant, patches.ROOT)


def test_a_patch_whose_lines_are_gone_names_itself_and_what_to_do(tmp_path):
    (tmp_path / "01-x.patch").write_text(
        "breaks: something\ntests: tests/x.py\n"
        "diff --git a/events/models.py b/events/models.py\n--- a/events/models.py\n+++ b/events/models.py\n"
        "@@ -1,1 +1,1 @@\n-no such line\n+other\n"
    )
    with pytest.raises(patches.BadPatch, match=r"01-x\.patch does not fit .*\n.*events/models\.py"):
        patches.check(patches.read(tmp_path / "01-x.patch"), patches.ROOT)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_its_tests_are_there(mutant):
    for test in mutant.tests:
        assert (patches.ROOT / test.partition("::")[0]).exists()
    assert mutant.database in ("sqlite", "postgresql")


def test_a_patch_that_does_not_say_what_it_breaks_is_refused(tmp_path):
    (tmp_path / "01-x.patch").write_text("breaks: something\ndiff --git a/x b/x\n")
    with pytest.raises(patches.BadPatch, match=r"01-x\.patch"):
        patches.read(tmp_path / "01-x.patch")
