"""The file of a document: PDF/A-3 with the EN 16931 XML inside, made once from its frozen content and kept."""

import hashlib
import json
from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import override
from djmoney.money import Money

from orders.documents import e_invoice
from orders.documents.typesetting import compiled
from orders.models import Document
from orders.models.document import DocumentFile, Kind
from shop.pricing.tax import Category


def pdf(document: Document) -> bytes:
    """The file of the document: the one that is kept, else it is made and kept now. Of two that make it one stays."""
    kept = DocumentFile.objects.filter(document=document).first()
    if kept is None:
        made = make(document.content, document.language)
        kept, _made = DocumentFile.objects.get_or_create(
            document=document, defaults={"pdf": made, "sha256": hashlib.sha256(made).hexdigest()}
        )
    return bytes(kept.pdf)


def make(content: dict[str, Any], language: str) -> bytes:
    """PDF/A-3b with the XML inside. The same content gives the same paper."""
    from facturx import generate_from_binary

    made: bytes = generate_from_binary(
        paper(content, language),
        e_invoice.xml(content),
        flavor="factur-x",
        level="en16931",
        check_xsd=False,
        check_schematron=False,
        pdf_metadata={
            "author": content["seller"]["name"],
            "title": content["number"],
            "subject": content["number"],
            "keywords": "",
        },
        lang=language,
    )
    return made


def paper(content: dict[str, Any], language: str) -> bytes:
    """The page as PDF/A-3b, without the XML, which has the true characters also where the page has none."""
    with override(language):
        shown = json.loads(json.dumps(_shown(content), default=str))
    day = datetime.combine(date.fromisoformat(content["issued_on"]), time(12), UTC)
    return compiled("document.typ", shown, language, pdf_standards="a-3b", timestamp=int(day.timestamp()))


def _shown(content: dict[str, Any]) -> dict[str, Any]:
    """What the template prints: every text in the document's language, in the order of the page."""
    currency = content["currency"]

    def money(text: str) -> str:
        return str(Money(text, currency))

    def day(text: str) -> str:
        return formats.date_format(date.fromisoformat(text), _("j F Y"))

    seller, buyer = content["seller"], content["buyer"]
    invoice = content["kind"] == Kind.INVOICE
    facts = [(_("Number"), content["number"]), (_("Date"), day(content["issued_on"])), (_("Order"), content["order"])]
    if before := content.get("preceding"):
        facts.append((_("For invoice"), f"{before['number']}, {day(before['issued_on'])}"))
    if buyer["vat_number"]:
        facts.append((_("Your VAT number"), buyer["vat_number"]))
    sums = [(_("Total without tax"), money(content["net"]))]
    for tax in content["taxes"]:
        if tax["category"] in (Category.STANDARD, Category.ZERO):
            words = _("VAT %(percent)s %% of %(net)s") % {"percent": tax["percent"], "net": money(tax["net"])}
            sums.append((words, money(tax["tax"])))
    return {
        "title": _("Invoice") if invoice else _("Credit note"),
        "facts": facts,
        "seller": [seller["name"], seller["address"], f"{seller['postal_code']} {seller['city']}".strip(),
                   seller["country_name"]],
        "buyer": [*([buyer["company"]] if buyer["company"] else []), *buyer["lines"]],
        "heads": [_("Description"), _("Quantity"), _("Price"), _("Tax"), _("Amount")],
        "lines": [
            [
                f"{line['title']}{' · ' + line['sku'] if line['sku'] else ''}",
                str(line["quantity"]),
                money(line["unit"]),
                f"{line['percent']} %",
                money(line["total"]),
                _("Discount −%(amount)s") % {"amount": money(line["discount"])} if float(line["discount"]) else "",
            ]
            for line in content["lines"]
        ],
        "prices": _("Prices include tax.") if content["prices_include_tax"] else _("Prices do not include tax."),
        "sums": sums,
        "total": (_("Total"), money(content["total"])),
        "notes": _notes(content, invoice),
        "foot": " · ".join(
            filter(
                None,
                [
                    seller["name"],
                    seller["vat_number"] and _("VAT number %(number)s") % {"number": seller["vat_number"]},
                    seller["tax_number"] and _("Tax number %(number)s") % {"number": seller["tax_number"]},
                    seller["register"],
                    seller["email"],
                ],
            )
        ),
        "footer": seller["footer"],
        "page": _("Page"),
        "brand": settings.BRAND,
    }  # fmt: skip


def _notes(content: dict[str, Any], invoice: bool) -> list[str]:
    said = {
        Category.REVERSE_CHARGE: _("Reverse charge: the buyer owes the tax."),
        Category.EXPORT: _("Export: no tax is charged."),
        Category.OUTSIDE: _("No tax is charged."),
    }
    notes = [said[Category(tax["category"])] for tax in content["taxes"] if tax["category"] in said]
    notes.append(_("Paid. Thank you.") if invoice else _("This amount was returned to you."))
    return notes
