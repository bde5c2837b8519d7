"""Interbank messages at random, within what their schemas allow."""

from __future__ import annotations

import string
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from sycee.kernel.money import MAX_MINOR, Amount
from sycee.payments.iso20022 import AccountReference, Agent, Party
from sycee.payments.iso20022.interbank import (
    BankPayment,
    BankPayments,
    Enquiries,
    Enquiry,
    Original,
    Payment,
    Payments,
    Recall,
    RecallAnswer,
    RecallAnswers,
    Recalls,
    Return,
    Returns,
    Status,
    Statuses,
)
from sycee.payments.iso20022.interbank.settlement_report import Balance, ReportEntry, SettlementReport, signed

CHARACTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), include_characters="\t\n\r")


def text(longest: int) -> st.SearchStrategy[str]:
    """Any text that XML can carry, Chinese, markup and line ends among it."""
    return st.text(CHARACTERS, min_size=1, max_size=longest)


def maybe(some: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | some


def code(length: int) -> st.SearchStrategy[str]:
    return st.text(string.ascii_uppercase + string.digits, min_size=length, max_size=length)


def amounts(currency: str = "CNY") -> st.SearchStrategy[Amount]:
    return st.builds(Amount, st.integers(1, MAX_MINOR), st.just(currency))


ids = text(35)
uetrs = st.uuids(version=4)
dates = st.dates(date(1970, 1, 1), date(2199, 12, 31))
instants = st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
texts = st.lists(text(105), max_size=3).map(tuple)
remittances = st.lists(text(140), max_size=3).map(tuple)
bics = st.from_regex(
    r"[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?",
    fullmatch=True,
    alphabet=string.ascii_uppercase + string.digits,
)
agents = st.builds(Agent, bics, st.none(), st.none(), maybe(text(140))) | st.builds(
    Agent, maybe(bics), st.just("CNAPS"), st.text(string.digits, min_size=12, max_size=12), maybe(text(140))
)
parties = st.builds(Party, maybe(text(140))) | st.builds(Party, maybe(text(140)), text(35), maybe(code(4)))
accounts = st.just(AccountReference()) | st.builds(
    AccountReference, st.none(), text(34), maybe(code(4)), maybe(st.just("CNY")), maybe(text(70))
)
originals = st.builds(
    Original, ids, st.just("pacs.008.001.08"), maybe(ids), maybe(ids), maybe(uetrs)
) | st.builds(Original, st.none(), st.none(), maybe(ids), ids, uetrs)
reasons = maybe(code(4))
currencies = st.sampled_from(["CNY", "JPY", "USD", "KWD"])


def of_currency(item: Any, *names: str) -> st.SearchStrategy[Any]:
    """Items whose amounts are all of one currency: what one message carries."""
    return currencies.flatmap(
        lambda currency: st.lists(item(**{name: amounts(currency) for name in names}), min_size=1, max_size=4)
    ).map(tuple)


def payment(**known: Any) -> st.SearchStrategy[Payment]:
    return st.builds(
        Payment, ids, ids, uetrs, debtor=parties, debtor_account=accounts, debtor_agent=agents,
        creditor=parties, creditor_account=accounts, creditor_agent=agents, instruction_id=maybe(ids),
        priority=maybe(st.sampled_from(["HIGH", "NORM", "URGT"])),
        charge_bearer=st.sampled_from(["SLEV", "DEBT", "CRED", "SHAR"]),
        purpose=reasons, remittance=remittances, **known,
    )  # fmt: skip


def bank_payment(**known: Any) -> st.SearchStrategy[BankPayment]:
    return st.builds(
        BankPayment, ids, ids, uetrs, debtor=agents, creditor=agents, instruction_id=maybe(ids),
        priority=st.none(), purpose=reasons, remittance=remittances, **known,
    )  # fmt: skip


def returned(**known: Any) -> st.SearchStrategy[Return]:
    return st.builds(Return, ids, originals, reason=code(4), text=texts, **known)


letter: dict[str, Any] = {
    "message_id": ids, "created_at": instants, "sender": agents, "receiver": agents
}  # fmt: skip
settling: dict[str, Any] = {**letter, "rail": text(35), "settlement_date": dates}
statuses = st.builds(
    Status, originals, st.sampled_from(["ACSC", "RJCT", "PDNG", "ACSP"]), maybe(ids), reasons, texts,
    maybe(dates), maybe(amounts()),
)  # fmt: skip
recalls = st.builds(Recall, ids, originals, maybe(amounts()), maybe(dates), reasons, texts)
answers = st.builds(RecallAnswer, ids, originals, st.sampled_from(["ACCR", "RJCR", "PDCR"]), reasons, texts)


def some(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(items, min_size=1, max_size=4).map(tuple)


groups = st.builds(Original, ids, st.sampled_from(["pacs.008.001.08", "pacs.004.001.09"]))
interbank = st.one_of(
    st.builds(Payments, items=of_currency(payment, "amount"), **settling),
    st.builds(BankPayments, items=of_currency(bank_payment, "amount"), **settling),
    st.builds(Returns, items=of_currency(returned, "amount", "original_amount"), **settling),
    st.builds(Statuses, items=some(statuses), **letter),
    st.builds(
        Statuses, group=groups, group_status=maybe(code(4)), group_reason=reasons, **letter
    ),
    st.builds(Enquiries, items=some(st.builds(Enquiry, ids, originals)), **letter),
    st.builds(Recalls, items=some(recalls), **letter),
    st.builds(
        RecallAnswers, confirmation=st.sampled_from(["CNCL", "RJCR", "PDCR"]), items=some(answers), **letter
    ),
)  # fmt: skip


@st.composite
def reports(draw: st.DrawFn) -> SettlementReport:
    """A report that adds up."""
    entries = draw(
        st.lists(
            st.builds(
                ReportEntry, ids, amounts(), st.sampled_from(["CRDT", "DBIT"]), dates, dates,
                st.sampled_from(["RCDT", "ICDT"]), st.sampled_from(["DMCT", "RRTN"]), ids, ids, ids,
                maybe(uetrs),
            ),
            max_size=5,
        )
    )  # fmt: skip
    opening = draw(st.integers(-(10**15), 10**15))
    closing = opening + sum(map(signed, entries))
    day = draw(dates)
    balances = tuple(
        Balance(kind, Amount(abs(minor), "CNY"), "CRDT" if minor >= 0 else "DBIT", day)
        for kind, minor in (("OPBD", opening), ("CLBD", closing))
    )
    return SettlementReport(
        message_id=draw(ids), created_at=draw(instants), id=draw(ids), reported_at=draw(instants),
        account=draw(text(34)), currency="CNY", balances=balances, entries=tuple(entries),
    )  # fmt: skip


SAMPLE = Payments(
    message_id="20261122HVPS0000001",
    created_at=datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC),
    sender=Agent(clearing_system="CNAPS", member="313100000013"),
    receiver=Agent(clearing_system="CNAPS", member="102100099996"),
    rail="HVPS",
    settlement_date=date(2026, 11, 22),
    items=(
        Payment(
            end_to_end_id="INV-2026-1",
            transaction_id="T1",
            uetr=UUID("8a562c67-ca16-48ba-b074-65581be6f001"),
            amount=Amount(123_456, "CNY"),
            debtor=Party("甲公司"),
            debtor_account=AccountReference(other="100000000000000012"),
            debtor_agent=Agent(clearing_system="CNAPS", member="313100000013"),
            creditor=Party("乙公司 <Acme & Söhne>"),
            creditor_account=AccountReference(other="6222000000000001"),
            creditor_agent=Agent(clearing_system="CNAPS", member="102100099996"),
            remittance=("货款",),
        ),
    ),
)
