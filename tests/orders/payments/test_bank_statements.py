"""Bank statements find their orders: CAMT.053 and CSV, right to the cent; what does not fit waits for staff."""

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import QuerySet
from djmoney.money import Money
from hypothesis import given
from hypothesis import strategies as st

from orders.lifecycle import Actor, Status
from orders.models import Order, Payment, Refund
from orders.payments import service
from orders.payments.gateways.bank import matching
from orders.payments.gateways.bank.models import BankLine
from orders.payments.gateways.bank.statements import BadStatement, Line, read
from orders.presentation import present
from orders.transitions import transition
from tests.orders.conftest import member_of
from tests.support.factories import make_order

pytestmark = pytest.mark.slow
SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def entry(text="", amount="24.90", currency="EUR", sign="CRDT", status="BOOK", reference="", **more):
    sts = f"<Sts><Cd>{status}</Cd></Sts>" if more.get("new", True) else f"<Sts>{status}</Sts>"
    ref = f"<Refs><AcctSvcrRef>{reference}</AcctSvcrRef></Refs>" if reference else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{more.get("extra", "")}{sts}'
        f"<BookgDt><Dt>{more.get('day', '2026-11-20')}</Dt></BookgDt><NtryDtls><TxDtls>{ref}"
        f"<RltdPties><Dbtr><Pty><Nm>Ann Example</Nm></Pty></Dbtr></RltdPties>"
        f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def camt(*entries, space=SPACE):
    body = "".join(entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{space}"><BkToCstmrStmt><Stmt>{body}'
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def waiting():
    order = make_order(gateway="bank")
    service.start(order.ref, "http://shop/back", "bank")
    order.refresh_from_db()
    return order


@pytest.fixture
def order(db):
    return waiting()


def take(content):
    return matching.take(read(content), "staff:1")


def test_a_line_with_the_reference_and_the_amount_pays_the_order(order):
    assert take(camt(entry(order.ref))) == {"new": 1, "booked": 1, "problem": 0}
    order.refresh_from_db()
    payment = Payment.objects.get()
    assert (order.status, order.captured) == (Status.PAID, Money("24.90", "EUR"))
    assert (payment.state, payment.received_on, payment.reference) == (
        "captured",
        date(2026, 11, 20),
        f"Ann Example {order.ref}",
    )


def test_the_same_file_again_changes_nothing(order):
    content = camt(entry(order.ref))
    take(content)
    assert take(content) == {"new": 0, "booked": 0, "problem": 0}
    assert Payment.objects.count() == 1


def test_the_same_line_in_tomorrows_file_is_the_same_line(order):
    take(camt(entry("interest", "0.10", reference="B-1"), entry(order.ref, reference="B-2")))
    assert take(camt(entry(order.ref, reference="B-2"), entry("rent", "5.00", reference="B-3")))["new"] == 1


def test_two_equal_lines_of_one_day_are_two(order):
    assert take(camt(entry(order.ref), entry(order.ref))) == {"new": 2, "booked": 1, "problem": 1}
    assert BankLine.objects.get(state="problem").problem == "twice"


@pytest.mark.parametrize(
    "typed",
    [
        lambda ref: ref.lower(),
        lambda ref: ref.replace("-", ""),
        lambda ref: f"Rechnung {ref[:3]} {ref[3:]}, danke",
        lambda ref: ref.replace("0", "O"),
        lambda ref: f"SVWZ+{ref}EREF+NOTPROVIDED",
        lambda ref: "/".join(ref),
    ],
)
def test_a_reference_is_found_however_it_was_typed(order, typed):
    QuerySet(Order).filter(pk=order.pk).update(ref="K7Q03-M2XD9")
    order.refresh_from_db()
    assert [found.pk for found in matching.named_in(typed(order.ref))] == [order.pk]


def test_a_line_that_fits_two_orders_waits(order):
    other = waiting()
    take(camt(entry(f"{order.ref} {other.ref}", "49.80")))
    assert BankLine.objects.get().problem == "several"
    assert set(Order.objects.values_list("status", flat=True)) == {Status.PLACED}


def test_what_does_not_fit_waits_with_its_reason(order):
    take(camt(entry("hello"), entry(order.ref, "24.89")))
    assert set(BankLine.objects.values_list("problem", flat=True)) == {"unknown", "amount"}
    transition(order.ref, Status.CANCELLED, by=Actor.SYSTEM, actor="system")
    take(camt(entry(order.ref)))
    assert BankLine.objects.latest("pk").problem == "ended"


def test_money_that_went_out_or_is_not_booked_or_was_taken_back_is_not_read(order):
    reversed_ = entry(order.ref, extra="<RvslInd>true</RvslInd>")
    with pytest.raises(BadStatement, match="no line in it"):
        read(camt(entry(order.ref, sign="DBIT"), entry(order.ref, status="PDNG"), reversed_))


def test_the_older_version_of_the_format_is_read(order):
    old = camt(entry(order.ref, new=False), space=SPACE.replace("08", "02"))
    assert take(old)["booked"] == 1


def test_an_entry_of_several_transfers_is_as_many_lines(order):
    details = "".join(
        f'<TxDtls><Amt Ccy="EUR">{amount}</Amt><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>'
        for amount, text in (("24.90", order.ref), ("1.00", "gift"))
    )
    content = camt(
        entry(amount="25.90").replace("<NtryDtls>", f"<NtryDtls>{details}<!--").replace("</NtryDtls>", "--></NtryDtls>")
    )
    assert [(line.amount, line.text) for line in read(content)] == [
        (Decimal("24.90"), order.ref),
        (Decimal("1.00"), "gift"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"<a/>", "no CAMT.053"),
        (camt(entry("x"))[:-40], "The file is cut off"),
        (camt(entry("x", amount="12,50")), "entry 1: “12,50” is no amount."),
        (camt(entry("x", amount="NaN")), "is no amount"),
        (camt(entry("x", amount="1.001")), "is no amount"),
        (camt(entry("x", currency="XYZ9")), "there is no currency"),
        (camt(entry("x", day="20.11.2026")), "is no day"),
        (b"\x89PNG\r\n\x81", "neither a CSV nor XML"),
        (b"just,some,words\n1,2,3\n", "no columns"),
        ("Buchungstag;Verwendungszweck;Betrag\n20.11.2026;x;zwölf\n".encode(), "line 2: “zwölf” is no amount."),
        (b"Buchungstag;Verwendungszweck;Betrag\nsoon;x;12,50\n", "line 2: “soon” is no day."),
        (b"Buchungstag;Verwendungszweck;Betrag\n20.11.2026;x;12,50\n20.11.20", "line 3: the file is cut off here."),
        (b"Buchungstag;Verwendungszweck;Betrag\n20.11.2026;x;-12,50\n", "no line in it"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole_with_the_place(content, said):
    with pytest.raises(BadStatement, match=said):
        read(content)


def test_a_file_with_entities_expands_none():
    bomb = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + camt(entry("&b;"))[38:]
    assert all("aaaa" not in line.text for line in read(bomb))


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content):
    with contextlib.suppress(BadStatement):
        assert all(line.amount >= 0 for line in read(content))


@pytest.mark.parametrize(
    "content",
    [
        "Buchungstag;Auftraggeber/Empfänger;Verwendungszweck;Betrag;Währung\n20.11.2026;Ann;{ref};1.024,90;EUR\n",
        '\ufeff"Konto";"DE02"\n\n"Buchungsdatum";"Zahlungspflichtige*r";"Verwendungszweck";"Betrag (€)"\n'
        '"20.11.26";"Ann";"{ref}";"1.024,90"\n',
        "Date,Payer,Reference,Amount,Currency\n2026-11-20,Ann,{ref},1024.90,EUR\n",
    ],
)
def test_the_csv_of_several_banks_is_read(content):
    (line,) = read(content.format(ref="K7QF3-M2XD9").encode())
    assert (line.day, line.amount, line.currency, line.text, line.name) == (
        date(2026, 11, 20),
        Decimal("1024.90"),
        "EUR",
        "K7QF3-M2XD9",
        "Ann",
    )


def test_a_csv_in_the_old_encoding_is_read():
    content = "Buchungstag;Auftraggeber/Empfänger;Verwendungszweck;Betrag\n20.11.2026;Jörg;x;1,00\n"
    assert read(content.encode("cp1252"))[0].name == "Jörg"


# -- Staff solve what does not fit ---------------------------------------------------------------


def problem(order, amount, text="no reference"):
    line = Line("k" + amount + text, date(2026, 11, 20), Decimal(amount), "EUR", text, "Ann")
    matching.take([line], "staff:1")
    return BankLine.objects.latest("pk")


def test_too_little_waits_for_the_rest_and_then_pays(order):
    matching.assign(problem(order, "20.00").pk, order.ref, "staff:1")
    order.refresh_from_db()
    assert (order.status, order.captured) == (Status.PLACED, Money("20.00", "EUR"))
    assert take(camt(entry(order.ref, "4.90")))["booked"] == 1
    order.refresh_from_db()
    assert (order.status, order.captured) == (Status.PAID, Money("24.90", "EUR"))


def test_what_is_too_much_is_to_be_returned_by_staff(order):
    matching.assign(problem(order, "30.00").pk, order.ref, "staff:1")
    order.refresh_from_db()
    assert order.status == Status.PAID
    assert (Refund.objects.get().amount, Refund.objects.get().state) == (Money("5.10", "EUR"), "requested")
    service.book_returned_by_hand(order.ref, "staff:1")
    order.refresh_from_db()
    assert order.captured - order.refunded == order.total


def test_what_was_paid_twice_or_after_the_end_is_to_be_returned(order):
    take(camt(entry(order.ref), entry(order.ref)))
    matching.assign(BankLine.objects.get(state="problem").pk, order.ref, "staff:1")
    assert Refund.objects.get().amount == Money("24.90", "EUR")
    ended = waiting()
    transition(ended.ref, Status.CANCELLED, by=Actor.SYSTEM, actor="system")
    matching.assign(problem(ended, "24.90").pk, ended.ref, "staff:1")
    assert service.book_returned_by_hand(ended.ref, "staff:1") == 1
    ended.refresh_from_db()
    assert (ended.status, ended.refunded) == (Status.REFUNDED, Money("24.90", "EUR"))


@pytest.fixture
def staff(client, order):
    client.force_login(member_of("Manager"))
    return client


def upload(client, content):
    file = SimpleUploadedFile("statement.xml", content)
    return client.post("/admin/banktransfer/bankline/read/", {"file": file}, follow=True).content.decode()


def test_staff_read_a_file_and_are_told_what_came_of_it(staff, order):
    page = upload(staff, camt(entry(order.ref), entry("who?", "3.00")))
    assert "2 new lines: 1 booked, 1 wait for us; 0 were known." in page
    assert "The file is cut off" in upload(staff, camt(entry("x"))[:-40])
    assert "Please choose a file." in staff.post("/admin/banktransfer/bankline/read/", follow=True).content.decode()


def test_staff_solve_a_problem_with_one_button(staff, order):
    line = problem(order, "24.90")
    page = staff.get(f"/admin/banktransfer/bankline/{line.pk}/change/").content.decode()
    assert f'value="{order.ref}"' in page
    staff.post(f"/admin/banktransfer/bankline/{line.pk}/assign/", {"ref": order.ref})
    order.refresh_from_db()
    assert order.status == Status.PAID
    again = staff.post(f"/admin/banktransfer/bankline/{line.pk}/assign/", {"ref": order.ref}, follow=True)
    assert "This line is booked already." in again.content.decode()
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("ref", ["", "XXXXX-XXXXX"])
def test_an_order_that_is_none_is_said(staff, order, ref):
    line = problem(order, "24.90")
    page = staff.post(f"/admin/banktransfer/bankline/{line.pk}/assign/", {"ref": ref}, follow=True)
    assert "There is no order" in page.content.decode()


def test_money_of_another_currency_is_not_booked(staff, order):
    line = problem(order, "24.90")
    BankLine.objects.update(amount_currency="USD")
    page = staff.post(f"/admin/banktransfer/bankline/{line.pk}/assign/", {"ref": order.ref}, follow=True)
    assert "The order is in EUR" in page.content.decode()


def test_what_is_no_orders_money_is_set_aside_and_can_still_be_booked(staff, order):
    line = problem(order, "24.90")
    staff.post(f"/admin/banktransfer/bankline/{line.pk}/set-aside/")
    line.refresh_from_db()
    assert line.state == "set_aside"
    staff.post(f"/admin/banktransfer/bankline/{line.pk}/assign/", {"ref": order.ref})
    line.refresh_from_db()
    assert line.state == "booked"


@pytest.mark.parametrize("what", ["read/", "1/assign/", "1/set-aside/"])
def test_who_may_not_mark_paid_reads_and_books_nothing(client, order, what):
    problem(order, "24.90")
    client.force_login(member_of("Fulfilment"))
    assert client.post(f"/admin/banktransfer/bankline/{what}", {"ref": order.ref}).status_code == 403


def test_a_transfer_order_has_no_pay_button_that_leads_back_to_itself(order):
    d = present(order.state(), "en")
    assert (d["can_pay"], d["payable"], bool(d["transfer"])) == (False, True, True)
