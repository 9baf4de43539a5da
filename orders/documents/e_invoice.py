"""The EN 16931 XML of a document (Factur-X), from its frozen content."""

from datetime import date
from decimal import Decimal
from typing import Any

from orders.models.document import Kind
from shop.pricing.tax import Category

# EN 16931: what a category without tax has to say, and its code of the VATEX list.
REASONS = {
    Category.REVERSE_CHARGE: ("Reverse charge", "VATEX-EU-AE"),
    Category.EXPORT: ("Export outside the EU", "VATEX-EU-G"),
    Category.OUTSIDE: ("Not subject to VAT", "VATEX-EU-O"),
}
INVOICE, CREDIT_NOTE = "380", "381"


def data(content: dict[str, Any]) -> dict[str, Any]:
    """The content by the business terms (BT) and groups (BG) of EN 16931."""
    outside = any(tax["category"] == Category.OUTSIDE for tax in content["taxes"])
    found: dict[str, Any] = {
        "BT-1": content["number"],
        "BT-2": date.fromisoformat(content["issued_on"]),
        "BT-3": INVOICE if content["kind"] == Kind.INVOICE else CREDIT_NOTE,
        "BT-5": content["currency"],
        "BT-13": content["order"],
        "BT-72": date.fromisoformat(content["issued_on"]),
        "BG-4": _seller(content["seller"], outside),
        "BG-7": _buyer(content["buyer"], outside),
        "BG-13": {"name": content["buyer"]["name"]} | _address(content["buyer"]),
        "BG-23": [_tax(tax) for tax in content["taxes"]],
        "BG-25": [_line(place, line) for place, line in enumerate(content["lines"], 1)],
        "BT-106": _number(content["net"]),
        "BT-109": _number(content["net"]),
        "BT-110": _number(content["tax"]),
        "BT-112": _number(content["total"]),
        "BT-113": _number(content["total"]),
        "BT-115": 0.0,
    }
    if before := content.get("preceding"):
        found["BG-3"] = [{"BT-25": before["number"], "BT-26": date.fromisoformat(before["issued_on"])}]
    return found


def xml(content: dict[str, Any]) -> bytes:
    """The document in XML, checked against its schema."""
    from facturx import generate_cii_xml  # 33 MB of memory: only who makes a file loads it

    made: bytes = generate_cii_xml(data(content), level="en16931", check_xsd=True, check_schematron=False)
    return made


def _number(text: str) -> float:
    return float(Decimal(text))


def _address(party: dict[str, Any]) -> dict[str, Any]:
    streets = [line for line in party["address"].split("\n") if line][:3]
    found = {f"addr_l{n}": line for n, line in enumerate(streets, 1)}
    found |= {"city": party["city"], "postcode": party["postal_code"], "country_code": party["country"]}
    if region := party.get("region"):
        found["country_subdivision"] = region
    return {key: value for key, value in found.items() if value}


def _seller(seller: dict[str, Any], outside: bool) -> dict[str, Any]:
    found = {"name": seller["name"]} | _address(seller)
    if seller["vat_number"] and not outside:
        found["vat_identifier"] = seller["vat_number"]
    if seller["tax_number"] or (outside and seller["vat_number"]):
        found["tax_identifier"] = seller["tax_number"] or seller["vat_number"]
        # BR-CO-26: something by which a program knows the seller; where there is no tax, no VAT number may stand.
        found["identifiers"] = {None: found["tax_identifier"]}
    return found | {"contacts": [{"email": seller["email"]}]}


def _buyer(buyer: dict[str, Any], outside: bool) -> dict[str, Any]:
    found = {"name": buyer["company"] or buyer["name"]} | _address(buyer)
    if buyer["vat_number"] and not outside:
        found["vat_identifier"] = buyer["vat_number"]
    return found


def _tax(tax: dict[str, Any]) -> dict[str, Any]:
    category = Category(tax["category"])
    found: dict[str, Any] = {
        "BT-116": _number(tax["net"]),
        "BT-117": _number(tax["tax"]),
        "BT-118": category.value,
    }
    if category is not Category.OUTSIDE:
        found["BT-119"] = _number(tax["percent"])
    if reason := REASONS.get(category):
        found["BT-120"], found["BT-121"] = reason
    return found


def _line(place: int, line: dict[str, Any]) -> dict[str, Any]:
    net, quantity = Decimal(line["net"]), int(line["quantity"])
    found: dict[str, Any] = {
        "BT-126": str(place),
        "BT-129": float(quantity),
        "BT-130": "C62",
        "BT-131": float(net),
        "BT-146": float(round(net / quantity, 6)),
        "BT-151": line["category"],
        "BT-153": line["title"],
    }
    if line["category"] != Category.OUTSIDE:
        found["BT-152"] = _number(line["percent"])
    if line["sku"]:
        found["BT-155"] = line["sku"]
    return found
