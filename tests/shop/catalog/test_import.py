"""Importing a product list: the good is kept, the bad is named, twice is once."""

import gzip
import io
import re

import pytest
from django.core.management import CommandError, call_command
from djmoney.money import Money
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.catalog.importing import Report, parse
from shop.catalog.models import Product, Variant
from shop.catalog.price_lists import Unusable, read_text
from tests.support.factories import price_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HEADER = "stock_code,description,median_price\n"


def load(tmp_path, text, name="list.csv", **options):
    path = tmp_path / name
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    out, err = io.StringIO(), io.StringIO()
    call_command("import_catalog", str(path), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize("name", ["list.csv", "list.csv.gz"])
def test_good_rows_become_products(tmp_path, name):
    out, err = load(tmp_path, HEADER + "A1,RED TEAPOT,4.25\nA2,Blue cup,0.85\n", name, stock=7)
    assert "2 added" in out
    assert err == ""
    variant = Variant.objects.get(sku="A1")
    assert (variant.product.title, price_of(variant), variant.available) == ("Red teapot", Money("4.25", "EUR"), 7)


def test_the_same_file_twice_doubles_nothing(tmp_path):
    text = HEADER + "".join(f"A{n},Thing {n},1.00\n" for n in range(1200))
    load(tmp_path, text)
    out, _ = load(tmp_path, text)
    assert "0 added, 0 updated, 1200 unchanged" in out
    assert Product.objects.count() == 1200


def test_a_changed_row_updates_its_product(tmp_path):
    load(tmp_path, HEADER + "A1,Teapot,4.25\n")
    out, _ = load(tmp_path, HEADER + "A1,Better teapot,5.00\n")
    assert "1 updated" in out
    assert price_of(Variant.objects.get(sku="A1")) == Money("5.00", "EUR")
    assert Product.objects.get().title == "Better teapot"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"A2,Cup,-1.00", "line 3: A2 has the price '-1.00', which is not possible"),
        (b"A2,Cup,cheap", "line 3: A2 has the price 'cheap', which is not a number"),
        (b"A2,Cup,NaN", "not a number"),
        (b"A2,Cup,1e400", "not a number"),
        (b"A2,Cup,0.004", "EUR has 2 decimals"),
        (b"A2,Cup,$1.00", "not in EUR"),
        (b'"A2,Cup,1.00', "line 3: has a quotation mark that is never closed"),
        (b'A2,"12" pan, steel",1.00', "line 3: is not readable as CSV"),
        (b"A2,Cup,", "not a number"),
        (b",Cup,1.00", "line 3: has no code"),
        (b"A2,,1.00", "line 3: A2 has no description"),
        (b"A1,Again,1.00", "line 3: the code A1 is on line 2 already"),
        (b"A2,Cup", "line 3: has fewer fields than the header"),
        (b"A2,Cup,1.00,more", "line 3: has more fields than the header"),
        (b"A2,C\xff\xfep,1.00", "line 3: is not UTF-8"),
        (b"A2,C\x00p,1.00", "line 3"),
        (b"A" * 41 + b",Cup,1.00", "more than 40"),
        (b"A2," + b"x" * 161 + b",1.00", "more than 160"),
    ],
)
def test_a_bad_row_is_named_by_line_and_reason_and_the_good_ones_are_kept(tmp_path, row, reason):
    out, err = load(tmp_path, HEADER.encode() + b"A1,Teapot,4.25\n" + row + b"\nA3,Plate,2.00\n")
    assert reason in err
    assert "1 bad rows" in out
    assert set(Variant.objects.values_list("sku", flat=True)) == {"A1", "A3"}


def test_a_file_without_the_columns_says_which(tmp_path):
    with pytest.raises(CommandError, match="no column median_price or price; it has: stock_code, description"):
        load(tmp_path, "stock_code,description\nA1,Teapot\n")
    with pytest.raises(CommandError, match="no column"):
        load(tmp_path, "")


def damaged(tmp_path, rows, keep):
    """Import a gzipped list of which only a part of the bytes is left. Returns what was said."""
    text = HEADER + "".join(f"A{n},Thing {n * n},{n % 97}.00\n" for n in range(rows))
    whole = gzip.compress(text.encode())
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(whole[: int(len(whole) * keep)] if keep < 1 else whole[:-4])
    out = io.StringIO()
    with pytest.raises(CommandError, match="damaged after line") as refusal:
        call_command("import_catalog", str(path), stdout=out, stderr=io.StringIO())
    return out.getvalue(), str(refusal.value)


@pytest.mark.parametrize(("rows", "keep"), [(5, 1), (3000, 1), (3000, 0.5), (3000, 0.9)])
def test_a_damaged_gzip_keeps_what_came_before_and_says_so(tmp_path, rows, keep):
    out, said = damaged(tmp_path, rows, keep)
    kept = Variant.objects.count()
    line = int(re.search(r"after line (\d+)", said)[1])
    assert kept == line - 1  # the first line is the header
    assert f"{kept} added" in out
    assert "up to there are kept" in said
    assert kept == rows if keep == 1 else 0 < kept < rows
    assert not Variant.objects.filter(sku=f"A{kept}").exists()


def test_the_line_that_breaks_off_at_the_damage_is_no_row(tmp_path):
    damaged(tmp_path, 3000, 0.7)
    for variant in Variant.objects.select_related("product"):
        n = int(variant.sku[1:])
        assert (variant.product.title, price_of(variant)) == (f"Thing {n * n}", Money(n % 97, "EUR"))


def test_a_file_that_is_no_gzip_at_all_changes_nothing(tmp_path):
    (tmp_path / "not.csv.gz").write_bytes(b"plain text")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_catalog", str(tmp_path / "not.csv.gz"), stderr=io.StringIO())
    assert not Product.objects.exists()


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("import_catalog", str(tmp_path / "none.csv"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(text):
    report = Report()
    try:
        rows = list(parse(read_text(io.StringIO(HEADER + text, newline="")), report))
    except Unusable:
        return
    assert all(row.sku and row.title and row.price >= 0 for row in rows)
