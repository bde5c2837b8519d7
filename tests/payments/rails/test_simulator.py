"""The simulated payment system by itself: what it settles and refuses, and that its own money adds up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from sycee.kernel.money import Amount
from sycee.payments.iso20022 import AccountReference, Agent, InvalidMessage, Party
from sycee.payments.iso20022.interbank import (
    BankPayment,
    BankPayments,
    Enquiries,
    Enquiry,
    Interbank,
    Original,
    Payment,
    Payments,
    Status,
    Statuses,
    read_interbank,
    write_interbank,
)
from sycee.payments.iso20022.interbank.settlement_report import CLOSING, OPENING, read_settlement_report
from sycee.payments.simulator import reporting
from sycee.payments.simulator.central_bank import CentralBank, OtherMessage
from sycee.payments.simulator.configuration import (
    OTHER_BANKS,
    OUR_BANK,
    Configuration,
    InvalidSimulation,
    Rail,
    read_configuration,
)

DAY, HERE = date(2026, 1, 5), "BEPS"
SETTINGS = Configuration(
    day=DAY, rails=(Rail(HERE, cap=50_000), Rail("HVPS")), banks={OUR_BANK: 100_000, OTHER_BANKS[0]: 0}
)


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralBank]:
    """A payment system of two banks; ours has a thousand yuan on each rail."""
    opened = CentralBank(tmp_path / "bank.sqlite", SETTINGS)
    yield opened
    assert reporting.contradictions(opened.store) == []
    opened.close()


def us() -> Agent:
    return Agent(clearing_system="CNAPS", member=OUR_BANK)


def them(code: str = OTHER_BANKS[0]) -> Agent:
    return Agent(clearing_system="CNAPS", member=code)


def payment(amount: int = 1_000, bank: str = OTHER_BANKS[0], **more: Any) -> Payment:
    values: dict[str, Any] = {
        "end_to_end_id": "E", "transaction_id": uuid4().hex, "uetr": uuid4(), "amount": Amount(amount, "CNY"),
        "debtor": Party("A"), "debtor_account": AccountReference(other="1"), "debtor_agent": us(),
        "creditor": Party("B"), "creditor_account": AccountReference(other="2"), "creditor_agent": them(bank),
    }  # fmt: skip
    return Payment(**{**values, **more})


def asking(*items: Payment, message_id: str | None = None, rail: str = HERE, on: date = DAY) -> Payments:
    return Payments(
        message_id=message_id or uuid4().hex, created_at=datetime(2026, 1, 5, tzinfo=UTC), sender=us(),
        receiver=them("000000000000"), rail=rail, settlement_date=on, items=items,
    )  # fmt: skip


def answers(central: CentralBank, rail: str = HERE) -> list[Status]:
    """What the rail has to say to us, taken."""
    found = central.collect(rail, OUR_BANK)
    central.taken(rail, OUR_BANK, [one.delivery for one in found])
    read = [read_interbank(one.body.encode()) for one in found]
    return [status for message in read if isinstance(message, Statuses) for status in message.items]


def told(central: CentralBank, message: Interbank, rail: str = HERE) -> list[Status]:
    central.take(rail, OUR_BANK, write_interbank(message))
    return answers(central, rail)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (payment(50_001), "AM02"),
        (payment(bank="999999999999"), "RC01"),
        (payment(bank=OUR_BANK), "RC01"),
        (replace(payment(), amount=Amount(1, "USD")), "AM03"),
    ],
    ids=["over-the-cap", "unknown-bank", "to-oneself", "currency"],
)
def test_what_a_rail_does_not_carry_is_rejected_with_its_reason(
    central: CentralBank, item: Payment, reason: str
) -> None:
    (status,) = told(central, asking(item))
    assert (status.status, status.reason, status.settled_on) == ("RJCT", reason, None)


def test_a_bank_pays_no_more_than_it_has(central: CentralBank) -> None:
    statuses = told(central, asking(payment(50_000), payment(50_000), payment(1)))
    assert [(one.status, one.reason) for one in statuses] == [
        ("ACSC", None),
        ("ACSC", None),
        ("RJCT", "AM04"),
    ]


def test_a_closed_rail_and_a_past_date_are_refused(central: CentralBank) -> None:
    with central.store.transaction():
        central.store.execute("UPDATE rails SET open = 0 WHERE name = ?", HERE)
    assert [one.reason for one in told(central, asking(payment()))] == ["TM01"]
    assert [one.reason for one in told(central, asking(payment(), rail="HVPS"), "HVPS")] == [None]
    central.close_day()
    assert [one.reason for one in told(central, asking(payment(), rail="HVPS"), "HVPS")] == ["DT01"]


def test_a_message_is_taken_once_and_its_id_is_for_it_alone(central: CentralBank) -> None:
    message = asking(payment(), message_id="M1")
    assert len(told(central, message)) == 1
    assert told(central, message) == []
    with pytest.raises(OtherMessage):
        central.take(HERE, OUR_BANK, write_interbank(asking(payment(), message_id="M1")))
    (again,) = told(central, replace(message, message_id="M2"))
    assert (again.status, again.reason) == ("RJCT", "AM05")


def test_nobody_brings_a_message_of_another_bank_or_for_another_rail(central: CentralBank) -> None:
    data = write_interbank(asking(payment()))
    with pytest.raises(InvalidMessage):
        central.take(HERE, OTHER_BANKS[0], data)
    with pytest.raises(InvalidMessage):
        central.take("HVPS", OUR_BANK, data)


def test_an_enquiry_tells_what_became_of_a_payment_and_of_one_that_never_came(central: CentralBank) -> None:
    known = asking(payment())
    told(central, known)
    item = known.items[0]
    originals = (
        Original(known.message_id, "pacs.008.001.08", "E", item.transaction_id, item.uetr),
        Original("other", "pacs.008.001.08", "E", "T", UUID("8a562c67-ca16-48ba-b074-65581be6f001")),
    )
    enquiry = Enquiries(
        message_id="Q", created_at=known.created_at, sender=us(), receiver=them("000000000000"),
        items=tuple(Enquiry(str(number), original) for number, original in enumerate(originals)),
    )  # fmt: skip
    first, second = told(central, enquiry)
    assert (first.status, first.settled_on) == ("ACSC", DAY)
    assert (second.status, second.reason) == ("PDNG", "NOOR"), "which rejects nothing"


def test_banks_own_payments_are_settled_too(central: CentralBank) -> None:
    item = BankPayment(
        end_to_end_id="E", transaction_id="T", uetr=uuid4(), amount=Amount(700, "CNY"),
        debtor=us(), creditor=them(),
    )  # fmt: skip
    message = BankPayments(
        message_id="B", created_at=datetime(2026, 1, 5, tzinfo=UTC), sender=us(),
        receiver=them("000000000000"), rail=HERE, settlement_date=DAY, items=(item,),
    )  # fmt: skip
    (status,) = told(central, message)
    assert (status.status, status.amount) == ("ACSC", Amount(700, "CNY"))


def test_a_report_goes_on_from_page_to_page_and_from_day_to_day(
    central: CentralBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "PAGE", 2)
    told(central, asking(*[payment(100) for _ in range(5)]))
    with pytest.raises(reporting.ReportNotFound):
        reporting.pages(central.store, OUR_BANK, HERE, DAY)
    central.close_day()
    assert reporting.pages(central.store, OUR_BANK, HERE, DAY) == 3
    read = [
        read_settlement_report(reporting.report(central.store, OUR_BANK, HERE, DAY, page))
        for page in (1, 2, 3)
    ]
    assert [len(one.entries) for one in read] == [2, 2, 1]
    assert [one.balance(OPENING) for one in read] == [100_000, 99_800, 99_600]
    assert [one.balance(CLOSING) for one in read] == [99_800, 99_600, 99_500]
    with pytest.raises(reporting.ReportNotFound):
        reporting.report(central.store, OUR_BANK, HERE, DAY, 4)


def test_a_configuration_that_cannot_be_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    for wrong in (
        '{"days": 1}',
        '{"faults": [{"what": "explode"}]}',
        '{"faults": [{"what": "die", "at": "answer"}]}',
    ):
        path.write_text(wrong)
        with pytest.raises(InvalidSimulation, match=r"c\.json"):
            read_configuration(path)
    path.write_text('{"faults": [{"what": "lose"}], "banks": {"313100000013": 5}}')
    assert read_configuration(path).faults[0].at == "request"
