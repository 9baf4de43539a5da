"""The file of a document: PDF/A-3 that people read, with an XML inside that passes the rules of EN 16931."""

import subprocess
import sys
from pathlib import Path

import facturx
import pypdfium2
import pytest

from orders.documents import e_invoice, issuing, rendering
from orders.models.document import DocumentFile
from orders.payments import service as payments
from tests.support.factories import make_document, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.once]
RULES = Path(facturx.__file__).parent / "xsd_and_schematron/facturx-en16931"

# Saxon ends a process that forks or has several threads: it gets one of its own.
CHECK = """
import pathlib, sys
from saxonche import PySaxonProcessor
with PySaxonProcessor(license=False) as saxon:
    made = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=sys.argv[1])
    print(made.transform_to_string(source_file=sys.argv[2]))
"""


def broken_rules(xml, tmp_path):
    """The rules of EN 16931 that the document breaks, by the official schematron."""
    (rules_file,) = [*RULES.rglob("*.xsl"), *RULES.rglob("*.xslt")][:1]
    source = tmp_path / "document.xml"
    source.write_bytes(xml)
    done = subprocess.run([sys.executable, "-c", CHECK, str(rules_file), str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "svrl:fired-rule" in done.stdout, "the rules were not asked"
    import re

    return re.findall(r"<svrl:failed-assert.*?<svrl:text>(.*?)</svrl:text>", done.stdout, re.DOTALL)


def text_of(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


PURCHASES = {
    "at home": {},
    "a business abroad": {"country": "FR", "company": "ACME", "vat_number": "FR83404833048", "postal_code": "75001"},
    "abroad": {"country": "FR", "postal_code": "75001", "city": "Paris"},
    "export": {"country": "CH", "postal_code": "8001", "city": "Zürich"},
}


@pytest.mark.parametrize("purchase", PURCHASES)
def test_every_kind_of_invoice_passes_the_rules_of_en_16931(seller, bought, tmp_path, purchase):
    invoice = issuing.issue_invoice(bought(**PURCHASES[purchase]).ref)
    assert broken_rules(e_invoice.xml(invoice.content), tmp_path) == []


def test_an_invoice_without_any_tax_passes_too(seller, tmp_path):
    assert broken_rules(e_invoice.xml(make_document(make_order()).content), tmp_path) == []


def test_a_credit_note_passes_too(seller, bought, tmp_path):
    from orders.models import Document, Refund

    order = bought()
    issuing.issue_invoice(order.ref)
    payment = order.payments.get()
    row = Refund.objects.create(payment=payment, amount=payment.amount / 3 * 1)
    row.amount = type(payment.amount)("7.77", "EUR")
    row.save()
    payments._book(row, "succeeded")
    note = issuing.issue_credit_note(row.pk)
    assert Document.objects.count() == 2
    assert note.total.amount == row.amount.amount
    assert broken_rules(e_invoice.xml(note.content), tmp_path) == []


def test_a_wrong_sum_breaks_the_rules(seller, bought, tmp_path):
    content = issuing.issue_invoice(bought().ref).content
    wrong = content | {"total": "1.00"}
    assert any("BR-CO-15" in rule for rule in broken_rules(e_invoice.xml(wrong), tmp_path))


def test_the_paper_says_everything(seller, bought):
    order = bought()
    invoice = issuing.issue_invoice(order.ref)
    text = text_of(rendering.pdf(invoice))
    for words in (
        *("Invoice", invoice.number, order.ref, "Ann Example", "10115 Berlin", "Morrow & Finch GmbH", "DE136695976"),
        *("Discount", str(order.total), "VAT 19 %", "VAT 7 %", "Paid. Thank you."),
    ):
        assert words in text, words


def test_a_chinese_order_has_a_chinese_paper(seller, bought):
    text = text_of(rendering.pdf(issuing.issue_invoice(bought(language="zh-hans", name="李雷").ref)))
    assert "李雷" in text
    assert "发票" in text


@pytest.mark.parametrize("name", ["𠮷野家", "Tom 😀", "မြန်မာ", "\u202eevil", "a\u0000b".replace("\0", ""), "x" * 120])
def test_a_name_with_a_rare_character_does_not_stop_an_invoice(seller, name):
    invoice = make_document(make_order(name=name))
    pdf = rendering.pdf(invoice)
    assert name.encode() in facturx.get_facturx_xml_from_pdf(pdf, check_xsd=False)[1]
    assert text_of(pdf)


@pytest.mark.parametrize("name", ['#sys.inputs "]', "\\", "$x$", "*bold*", '"}{', "<script>"])
def test_what_a_shopper_types_is_text_on_paper(seller, name):
    assert name in text_of(rendering.pdf(make_document(make_order(name=name))))


def test_the_xml_is_inside_and_the_file_says_that_it_is_pdf_a(seller):
    pdf = rendering.pdf(make_document(make_order()))
    name, xml = facturx.get_facturx_xml_from_pdf(pdf)
    assert name == "factur-x.xml"
    assert b"CrossIndustryInvoice" in xml
    for mark in (b"/AFRelationship", b"/OutputIntents"):
        assert mark in pdf


def test_the_file_is_made_once_and_kept_with_its_hash(seller, monkeypatch):
    document = make_document(make_order())
    first = rendering.pdf(document)
    monkeypatch.setattr(rendering, "make", lambda *_: pytest.fail("made again"))
    assert rendering.pdf(document) == first
    import hashlib

    assert DocumentFile.objects.get().sha256 == hashlib.sha256(first).hexdigest()


def test_what_was_agreed_then_stands_on_it_for_ever(seller, bought):
    order = bought()
    invoice = issuing.issue_invoice(order.ref)
    seller.name = "Another company"
    seller.save()
    order.lines.update(title="Something else")
    invoice.refresh_from_db()
    text = text_of(rendering.pdf(invoice))
    assert "Morrow & Finch GmbH" in text
    assert "Something else" not in text
