"""Price lists as spreadsheets of any country write them."""

import gzip
import io

import pytest
from django.core.management import CommandError, call_command
from djmoney.money import Money

from shop.catalog import price_lists
from shop.catalog.models import Price, Product, Variant
from tests.shop.catalog.test_import import load

pytestmark = pytest.mark.django_db


def prices():
    return {price.variant.sku: price.amount.amount for price in Price.objects.select_related("variant")}


def test_one_badly_quoted_line_costs_that_line(tmp_path):
    out, err = load(
        tmp_path,
        "sku,title,price,stock\nPAN-08,Pan 8 inch,29.00,4\n"
        'PAN-10,10" pan,34.00,4\nPAN-12,"12" pan, steel",39.00,4\nPAN-14,Pan 14 inch,44.00,4\nPAN-16,Pan,49.00,4\n',
    )
    assert "4 added" in out
    assert "line 4: " in err
    assert sorted(prices()) == ["PAN-08", "PAN-10", "PAN-14", "PAN-16"]


def test_a_quote_that_is_never_closed_costs_its_line_and_none_behind_it(tmp_path):
    rows = "".join(f"A{n},Thing {n},1.00\n" for n in range(100))
    out, err = load(tmp_path, f'sku,title,price\nB1,"open,1.00\n{rows}')
    assert "100 added" in out
    assert err.strip() == "line 2: has a quotation mark that is never closed"


def test_two_stray_quotes_far_apart_do_not_swallow_what_is_between(tmp_path):
    rows = "".join(f"A{n},Thing {n},1.00\n" for n in range(10))
    out, err = load(tmp_path, f'sku,title,price\nB1,"open,1.00\n{rows}B2,close",1.00\n')
    assert "A9" in prices()
    assert err.startswith("line 2: ")


def test_a_title_may_have_line_ends(tmp_path):
    load(tmp_path, 'sku,title,price\nA1,"Tea\n towel",1.00\nA2,Cup,2.00\n')
    assert Variant.objects.get(sku="A1").product.title == "Tea towel"
    assert "A2" in prices()


@pytest.mark.parametrize(
    "text",
    [
        "sku;title;price;stock\nA1;Tea towel;12,50;5\nA2;Apron;39,00;3\n",
        "sku\ttitle\tprice\tstock\nA1\tTea towel\t12.50\t5\nA2\tApron\t39.00\t3\n",
        "sku|title|price|stock\nA1|Tea towel|12.50|5\nA2|Apron|39.00|3\n",
        "sep=;\r\nsku;title;price;stock\r\nA1;Tea towel;12,50;5\r\nA2;Apron;39,00;3\r\n",
        '\ufeffsku,title,price,stock\r\nA1,Tea towel,"12,50",5\r\nA2,Apron,"39,00",3\r\n',
        "Sku , TITLE,Price,stock\rA1,Tea towel,€12.50,5\rA2,Apron,39 EUR,3\r",
        "sku,title,price,stock\nA1,Tea towel,12.50,5\n,,,\n\nA2,Apron,39,3\n,,,\n",
    ],
    ids=["semicolon", "tab", "bar", "sep", "bom and decimal comma", "old mac", "empty rows"],
)
def test_a_list_is_read_as_its_program_wrote_it(tmp_path, text):
    out, err = load(tmp_path, text)
    assert err == ""
    assert "2 added" in out
    assert {sku: float(price) for sku, price in prices().items()} == {"A1": 12.5, "A2": 39}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["list.csv", "list.csv.gz"])
def test_excels_unicode_text_is_read(tmp_path, encoding, name):
    mark = "" if encoding == "utf-16" else "\ufeff"
    load(tmp_path, (mark + "sku\ttitle\tprice\nA1\tTée 茶\t12,50\n").encode(encoding), name)
    assert Product.objects.get().title == "Tée 茶"


def test_another_encoding_is_named_by_line_and_read_when_it_is_said(tmp_path):
    text = "sku;title;price\nMUL-1;Müllsack groß;4,50\nMUL-2;Plain bag;4,50\n".encode("cp1252")
    out, err = load(tmp_path, text)
    assert "1 added" in out
    assert "line 2: is not UTF-8" in err
    assert "--encoding" in err
    out, err = load(tmp_path, text, encoding="cp1252")
    assert "1 added" in out
    assert Variant.objects.get(sku="MUL-1").product.title == "Müllsack groß"
    with pytest.raises(CommandError, match="There is no encoding 'klingon'"):
        load(tmp_path, text, encoding="klingon")


def test_a_price_with_two_readings_is_refused_until_another_row_shows_which(tmp_path):
    _, err = load(tmp_path, 'sku,title,price\nA1,Cup,"1,299"\n')
    assert "may be 1299 or 1.299" in err
    load(tmp_path, 'sku,title,price\nA0,Cup,"12,50"\nA1,Desk,1.299\n')
    assert prices()["A1"] == 1299


def test_a_price_has_no_more_decimals_than_the_currency(tmp_path, settings):
    settings.DEFAULT_CURRENCY, settings.CURRENCIES = "JPY", ("JPY",)
    out, err = load(tmp_path, "sku,title,price\nJP-1,Tea bowl,1250.50\nJP-2,Cup,1250\n")
    assert "JPY has no decimals" in err
    assert sorted(prices()) == ["JP-2"]


def test_prices_in_other_currencies_have_columns_of_their_own(tmp_path, settings):
    settings.CURRENCIES = ("EUR", "USD", "JPY")
    rows = "A1,Cup,1.00,1.20,\nA2,Plate,2.00,,300\nA3,Bowl,3.00,3.60,1.5\n"
    _, err = load(tmp_path, f"sku,title,price,price_usd,Price_JPY\n{rows}")
    assert {str(price) for price in Price.objects.all()} == {"A1: €1.00", "A1: $1.20", "A2: €2.00", "A2: ¥300"}
    assert "line 4: A3 has the price '1.5', but JPY has no decimals" in err
    out, _ = load(tmp_path, "sku,title,price,price_usd\nA1,Cup,1.00,\nA2,Plate,2.00,2.50\n")
    assert "0 added, 1 updated, 1 unchanged" in out  # an empty field changes no price
    assert Price.objects.count() == 5


def test_a_file_with_prices_in_a_currency_that_the_shop_has_not_is_refused(tmp_path):
    with pytest.raises(CommandError, match="prices in CHF: add it to MORE_CURRENCIES"):
        load(tmp_path, "sku,title,price,price_chf\nA1,Cup,1.00,1.20\n")


def test_a_title_that_grows_as_an_address_is_shortened_there(tmp_path):
    out, err = load(tmp_path, f"sku,title,price\nSLG-1,{'½' * 160},1.00\nSLG-2,{'½' * 160},1.00\n")
    assert "2 added" in out
    longest = Product._meta.get_field("slug").max_length
    assert all(len(slug) <= longest for slug in Product.objects.values_list("slug", flat=True))


def test_a_dry_run_says_what_would_happen_and_changes_nothing(tmp_path):
    load(tmp_path, "sku,title,price\nA1,Cup,1.00\n")
    out, err = load(tmp_path, "sku,title,price\nA1,Cup,2.00\nA2,Plate,3.00\nA3,Bad,x\n", dry_run=True)
    assert "1 added, 1 updated, 0 unchanged, 1 bad rows. Nothing was changed" in out
    assert "line 4" in err
    assert Price.objects.get().amount == Money("1.00", "EUR")


def workbook(path, rows):
    """A spreadsheet as Excel writes it, by hand: this suite has no program that writes one."""
    import zipfile
    from xml.sax.saxutils import escape

    def cell(value):
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return f"<c><v>{value}</v></c>" if value is not None else "<c/>"

    table = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{table}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, f'<?xml version="1.0"?>{content}')


def test_a_spreadsheet_is_read_cell_by_cell(tmp_path):
    rows = [
        ["sku", "title", "price", "stock"],
        ["A1", "Tea towel", 12.5, 5],
        [1234, "Apron", "39,00", 3.0],
        [None, None, None, None],
        ["A3", "Desk", 1299, None],
        ["A4", "Bad", 1.005, 1],
    ]
    workbook(tmp_path / "list.xlsx", rows)
    out, err = io.StringIO(), io.StringIO()
    call_command("import_catalog", str(tmp_path / "list.xlsx"), stdout=out, stderr=err)
    assert {sku: float(price) for sku, price in prices().items()} == {"A1": 12.5, "1234": 39, "A3": 1299}
    assert "line 6: A4 has the price '1.0050', but EUR has 2 decimals" in err.getvalue()
    assert Variant.objects.get(sku="1234").stock.on_hand == 3


@pytest.mark.parametrize("content", [b"", b"no spreadsheet", b"PK\x03\x04broken"])
def test_what_is_no_spreadsheet_changes_nothing(tmp_path, content):
    (tmp_path / "list.xlsx").write_bytes(content)
    with pytest.raises(CommandError, match="not a spreadsheet that can be read"):
        call_command("import_catalog", str(tmp_path / "list.xlsx"))


def test_a_spreadsheet_that_grows_too_large_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(price_lists, "MOST_UNPACKED", 100)
    workbook(tmp_path / "list.xlsx", [["sku", "title", "price"]])
    with pytest.raises(CommandError, match="save it as CSV"):
        call_command("import_catalog", str(tmp_path / "list.xlsx"))


def test_a_line_without_an_end_is_not_read_into_memory(tmp_path):
    path = tmp_path / "list.csv.gz"
    path.write_bytes(gzip.compress(b"sku,title,price\nA1,Cup,1.00\n" + b"x" * 5_000_000))
    with pytest.raises(CommandError, match="Line 3 has more than 1,000,000 characters"):
        call_command("import_catalog", str(path), stderr=io.StringIO(), stdout=io.StringIO())
    assert list(prices()) == ["A1"]
