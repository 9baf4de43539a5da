"""The database that `make test-fast` keeps is used again as long as the tables are the ones that the code wants."""

import pytest

from tests.support import kept


@pytest.fixture
def checkout(tmp_path):
    """A little checkout: one migration, one lock."""
    for path in ("orders/migrations/0001_initial.py", "requirements.lock", "tests/support/probe/models.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("first")
    return tmp_path


def folder(checkout, name="fast"):
    return kept.database(name, checkout, checkout / "var")["DATA_DIR"]


def test_the_same_code_gets_the_same_database(checkout):
    first = folder(checkout)
    (checkout / "orders/views.py").write_text("code")
    assert folder(checkout) == first


@pytest.mark.parametrize(
    "path",
    [
        "orders/migrations/0001_initial.py",
        "orders/migrations/0002_more.py",
        "orders/payments/migrations/0001_initial.py",
        "requirements.lock",
        "tests/support/probe/models.py",
    ],
)
def test_other_tables_get_another_database_and_the_old_one_goes(checkout, path):
    first = folder(checkout)
    (checkout / path).parent.mkdir(parents=True, exist_ok=True)
    (checkout / path).write_text("second")
    assert folder(checkout) != first
    assert len(list((checkout / "var").iterdir())) == 1


def test_two_runs_of_different_names_do_not_share_a_database(checkout):
    first = folder(checkout, "each-0")
    assert folder(checkout, "each-1") != first
    assert folder(checkout, "each-0") == first
    assert len(list((checkout / "var").iterdir())) == 2
