"""Bad input: each a stable code or a clear error, and nothing changed, whatever else is in the list."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from sycee import ledger
from sycee.database import Database
from sycee.kernel.errors import SyceeError
from sycee.kernel.ids import account_number, uuid7
from sycee.ledger import REJECTIONS, AccountStatus, NewAccount, NewTransfer, NormalSide, TransferKind
from tests.ledger.reading_back import check_proofs

TODAY = date(2026, 11, 21)
VAULT, A, B, USD, D = (
    account_number(cell, serial) for cell, serial in ((101, 1), (101, 2), (101, 3), (101, 4), (102, 5))
)
STATUSES = {status: account_number(101, 10 + place) for place, status in enumerate(AccountStatus)}
_STATE = """
    SELECT (SELECT array_agg(t) FROM transfers t), (SELECT array_agg(a) FROM accounts a),
           (SELECT array_agg(c) FROM cells c), (SELECT array_agg(g) FROM gl_totals g),
           (SELECT array_agg(h) FROM holds h)
"""


class Teller:
    """A bank whose books are looked at before and after."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def state(self) -> list[Any]:
        async with self.database.transaction() as tx:
            return await (await tx.execute(f"SELECT md5(s::text) FROM ({_STATE}) AS s".encode())).fetchall()

    async def post(self, *transfers: NewTransfer) -> list[str]:
        async with self.database.transaction() as tx:
            outcomes = await ledger.post_transfers(tx, transfers)
        for one in outcomes:
            assert (one.code is None) == (one.detail is None) == (one.status != "rejected")
            assert one.detail == REJECTIONS.get(one.code or "")
        return [one.code or one.status for one in outcomes]


@pytest.fixture
async def teller(database: Database) -> AsyncIterator[Teller]:
    async with database.transaction() as tx:
        for cell in (101, 102):
            await ledger.create_cell(tx, cell, f"Cell {cell}", TODAY)
        new = [
            NewAccount(number=number, currency="CNY", subject="2011")
            for number in (A, B, D, *STATUSES.values())
        ]
        new.append(
            NewAccount(number=VAULT, currency="CNY", subject="1003", normal_side=NormalSide.DEBIT, floor=None)
        )
        new.append(NewAccount(number=USD, currency="USD", subject="2011", floor=None))
        await ledger.open_accounts(tx, new)
        for status, number in STATUSES.items():
            if status is not AccountStatus.CLOSED:
                await ledger.post_transfers(tx, [move(VAULT, number, 100)])
            await ledger.change_account(
                tx,
                number,
                status=status,
                reason="test",
                restricted=status is AccountStatus.RESTRICTED,
                supervision=status is AccountStatus.SUPERVISED,
            )
        await ledger.post_transfers(tx, [move(VAULT, A, 1_000)])
    yield Teller(database)
    await check_proofs(database)


def move(debit: int, credit: int, amount: Any = 1, **more: Any) -> NewTransfer:
    return NewTransfer(
        **{"id": uuid7(), "debit": debit, "credit": credit, "amount": amount, "currency": "CNY", **more}
    )


S = STATUSES
NOBODY = account_number(101, 4_711)
REFUSED: dict[str, tuple[NewTransfer, str]] = {
    "unknown debit account": (move(NOBODY, A), "account_not_found"),
    "unknown credit account": (move(A, NOBODY), "account_not_found"),
    "account of an unknown cell": (move(A, account_number(777, 1)), "account_not_found"),
    "no account number at all": (move(A, 0), "account_not_found"),
    "negative account number": (move(-A, A), "account_not_found"),
    "largest account number": (move(2**63 - 1, A), "account_not_found"),
    "smallest account number": (move(-(2**63), A), "account_not_found"),
    "closed, debit": (move(S[AccountStatus.CLOSED], A), "account_closed"),
    "closed, credit": (move(A, S[AccountStatus.CLOSED]), "account_closed"),
    "frozen, debit": (move(S[AccountStatus.FROZEN], A), "account_frozen"),
    "frozen, credit": (move(A, S[AccountStatus.FROZEN]), "account_frozen"),
    "dormant, debit": (move(S[AccountStatus.DORMANT], A), "account_dormant"),
    "blocked, debit": (move(S[AccountStatus.DEBIT_BLOCKED], A), "debit_blocked"),
    "blocked, credit": (move(A, S[AccountStatus.CREDIT_BLOCKED]), "credit_blocked"),
    "supervised, debit": (move(S[AccountStatus.SUPERVISED], A), "account_supervised"),
    "a product's, debit": (move(S[AccountStatus.RESTRICTED], A), "account_restricted"),
    "a product's, credit": (move(A, S[AccountStatus.RESTRICTED]), "account_restricted"),
    "wrong currency": (move(A, B, currency="USD"), "currency_mismatch"),
    "between currencies": (move(A, USD), "currency_mismatch"),
    "between currencies, the other way": (move(USD, A), "currency_mismatch"),
    "unknown currency": (move(A, B, currency="ZZZ"), "currency_mismatch"),
    "unknown currency across cells": (move(A, D, currency="ZZZ"), "currency_mismatch"),
    "currency in small letters": (move(A, B, currency="cny"), "currency_mismatch"),
    "no currency": (move(A, B, currency=""), "currency_mismatch"),
    "zero": (move(A, B, 0), "invalid_amount"),
    "negative": (move(A, B, -1), "invalid_amount"),
    "most negative": (move(A, B, -(2**63)), "invalid_amount"),
    "no amount": (move(A, B, None), "invalid_amount"),
    "gigantic": (move(A, B, 10**14 + 1), "amount_out_of_range"),
    "most gigantic": (move(A, B, 2**63 - 1), "amount_out_of_range"),
    "gigantic, without floor": (move(VAULT, B, 2**63 - 1), "amount_out_of_range"),
    "more than there is": (move(A, B, 1_001), "insufficient_funds"),
    "more than there is, across cells": (move(A, D, 1_001), "insufficient_funds"),
    "to itself": (move(A, A), "same_account"),
    "no account to itself": (move(0, 0), "same_account"),
    "acts on nothing": (NewTransfer(id=uuid7(), kind=TransferKind.VOID), "target_not_found"),
    "acts on what is not there": (
        NewTransfer(id=uuid7(), kind=TransferKind.POST, target=uuid7()),
        "target_not_found",
    ),
    "expired when made": (
        move(A, B, kind=TransferKind.PENDING, expires_at=datetime(2020, 1, 1, tzinfo=UTC)),
        "invalid_expiry",
    ),
    "linked to nothing": (move(A, B, linked=True), "linked_chain_open"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_bad_transfer_is_refused_with_its_code_and_changes_nothing(teller: Teller, case: str) -> None:
    bad, code = REFUSED[case]
    before = await teller.state()
    assert await teller.post(bad) == [code]
    assert await teller.post(bad, bad) == [code, code] or bad.linked  # an id that was refused is free again
    assert await teller.state() == before
    # Alone or among others, in a short list or a long one, it harms itself alone.
    for size in (1, 100):
        good = [move(VAULT, B, 1) for _ in range(size)]
        assert await teller.post(*good, bad) == ["posted"] * size + [code]
        if not bad.linked:
            assert (
                await teller.post(bad, *[move(VAULT, B, 1) for _ in range(size)])
                == [code] + ["posted"] * size
            )


async def test_all_that_is_bad_in_one_list_gets_each_its_code(teller: Teller) -> None:
    cases = [case for name, case in REFUSED.items() if name != "linked to nothing"]
    before = await teller.state()
    assert await teller.post(*(bad for bad, _ in cases)) == [code for _, code in cases]
    assert await teller.state() == before


async def test_many_gigantic_amounts_are_refused_one_by_one(teller: Teller) -> None:
    made = [move(A, B, sign * (2**63 - 1)) for sign in (1, 1, -1, -1) * 3]
    four = ["amount_out_of_range", "amount_out_of_range", "invalid_amount", "invalid_amount"]
    assert await teller.post(*made, move(A, B, 1)) == four * 3 + ["posted"]


async def test_the_largest_amounts_go_in_to_the_end_of_the_range_and_no_further(teller: Teller) -> None:
    most = 10**14
    assert set(await teller.post(*(move(VAULT, B, most) for _ in range(9_999)))) == {"posted"}
    hold = move(VAULT, B, most - 2_000, kind=TransferKind.PENDING)
    assert await teller.post(hold) == ["pending"]
    assert await teller.post(move(VAULT, B, most), move(VAULT, B, most - 2_000)) == [
        "balance_out_of_range",
        "posted",
    ]
    # Now the hold cannot be posted any more; but it can be given back.
    post, void = (
        NewTransfer(id=uuid7(), kind=kind, target=hold.id) for kind in (TransferKind.POST, TransferKind.VOID)
    )
    assert await teller.post(post, void, move(B, VAULT, 10)) == ["balance_out_of_range", "voided", "posted"]


async def test_a_reused_id_is_refused_whatever_else_was_changed(teller: Teller) -> None:
    first = move(A, B, 5, reference="R", description="d", value_date=TODAY)
    assert await teller.post(first) == ["posted"]
    before = await teller.state()
    changes: list[dict[str, Any]] = [
        {"debit": VAULT}, {"credit": D}, {"amount": 6}, {"currency": "USD"}, {"reference": None},
        {"reference": "r"},
        {"description": "D"}, {"value_date": TODAY + timedelta(1)}, {"kind": TransferKind.PENDING},
        {"kind": TransferKind.REVERSAL, "target": first.id},
    ]  # fmt: skip
    fields = {name: getattr(first, name) for name in NewTransfer.__struct_fields__}
    for change in changes:
        other = NewTransfer(**{**fields, **change})
        assert await teller.post(other) == ["id_reused"], change
        assert await teller.post(move(A, D, 0), other, first) == [
            "invalid_amount",
            "id_reused",
            "duplicate",
        ], change
    assert await teller.state() == before


async def test_no_transfer_may_name_the_accounts_between_cells(teller: Teller) -> None:
    assert await teller.post(move(A, D, 1)) == ["posted"]
    async with teller.database.transaction() as tx:
        cursor = await tx.execute("SELECT number FROM intercell_accounts ORDER BY cell")
        [here], [there] = await cursor.fetchall()
    before = await teller.state()
    refused = await teller.post(
        move(here, A), move(A, here), move(here, D), move(there, A), move(here, there)
    )
    assert refused == ["account_frozen"] * 5
    for status in (AccountStatus.OPEN, AccountStatus.CLOSED):
        with pytest.raises(ledger.InvalidAccount):
            async with teller.database.transaction() as tx:
                await ledger.change_account(tx, here, status=status, reason="test")
    assert await teller.state() == before


async def test_nobody_but_the_books_makes_a_hold_expire(teller: Teller) -> None:
    hold = move(A, B, 5, kind=TransferKind.PENDING)
    assert await teller.post(hold) == ["pending"]
    with pytest.raises(ledger.InvalidTransfer):
        await teller.post(NewTransfer(id=uuid7(), kind=TransferKind.EXPIRY, target=hold.id))


NO_FIELD_HOLDS: dict[str, dict[str, Any]] = {
    "NUL character": {"reference": "a\0b"},
    "NUL character in the description": {"description": "\0"},
    "lone surrogate": {"reference": "\ud800"},
    "surrogate in the currency": {"currency": "CN\udfff"},
    "NUL character in the currency": {"currency": "CN\0"},
    "amount past 64 bits": {"amount": 2**63},
    "amount far past 64 bits": {"amount": 10**40},
    "amount of a float": {"amount": 1.5},
    "amount of a decimal": {"amount": Decimal("1.00")},
    "amount of a text": {"amount": "1"},
    "amount that is not a number": {"amount": float("nan")},
    "account number past 64 bits": {"debit": 10**30},
    "account number of a text": {"credit": str(A)},
    "id of a text": {"id": "not an id"},
    "naive expiry": {"kind": TransferKind.PENDING, "expires_at": datetime(2099, 1, 1)},  # noqa: DTZ001
    "value date of a text": {"value_date": "2026-11-21"},
}


@pytest.mark.parametrize("case", NO_FIELD_HOLDS)
async def test_what_no_field_can_hold_is_a_clear_error_and_no_half_of_the_list_is_posted(
    teller: Teller, case: str
) -> None:
    before = await teller.state()
    bad = move(**{"debit": A, "credit": B, **NO_FIELD_HOLDS[case]})
    for size in (0, 100):
        with pytest.raises(ledger.InvalidTransfer):
            await teller.post(*(move(A, B, 1) for _ in range(size)), bad)
    assert await teller.state() == before


async def test_texts_are_kept_as_they_are(teller: Teller) -> None:
    texts = [
        "",
        " ",
        "'; DROP TABLE transfers; --",
        "货款 合同号2026-11",
        "\U0001f4b0",
        "e\u0301",
        "\x01\x7f\u202e",
        "x" * 1_000_000,
    ]
    made = [move(A, B, 1, reference=text, description=text[::-1]) for text in texts]
    assert await teller.post(*made) == ["posted"] * len(texts)
    assert await teller.post(*made) == ["duplicate"] * len(texts)
    async with teller.database.transaction() as tx:
        for one in made:
            found = await ledger.get_transfer(tx, one.id)
            assert (found.reference, found.description) == (one.reference, one.description)


async def test_dates_at_the_edges_of_the_calendar_are_kept(teller: Teller) -> None:
    for value_date in (date.min, date(1582, 10, 10), date(2024, 2, 29), date.max):
        one = move(A, B, 1, value_date=value_date)
        assert await teller.post(one) == ["posted"]
        async with teller.database.transaction() as tx:
            assert (await ledger.get_transfer(tx, one.id)).value_date == value_date
    latest = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    earliest = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
    never, before_all = (move(A, B, 1, kind=TransferKind.PENDING, expires_at=at) for at in (latest, earliest))
    assert await teller.post(never, before_all) == ["pending", "invalid_expiry"]
    async with teller.database.transaction() as tx:
        assert (await ledger.get_transfer(tx, never.id)).expires_at == latest


async def test_ids_of_every_kind_of_uuid_are_taken(teller: Teller) -> None:
    ids = [UUID(int=0), UUID(int=2**128 - 1), UUID("f47ac10b-58cc-4372-a567-0e02b2c3d479")]
    made = [move(A, B, 1, id=id) for id in ids]
    assert await teller.post(*made, *made) == ["posted"] * 3 + ["duplicate"] * 3


async def test_an_empty_list_is_nothing_to_do(teller: Teller) -> None:
    assert await teller.post() == []


async def test_reads_of_what_cannot_be_are_clear_errors(teller: Teller) -> None:
    async with teller.database.transaction() as tx:
        page = await ledger.entries(tx, A, limit=1)
    never = datetime(9999, 1, 1, tzinfo=UTC)
    reads: list[tuple[type[SyceeError], Any]] = [
        (ledger.AccountNotFound, lambda tx: ledger.get_account(tx, NOBODY)),
        (ledger.AccountNotFound, lambda tx: ledger.get_account(tx, 10**30)),
        (ledger.AccountNotFound, lambda tx: ledger.entries(tx, -1)),
        (ledger.AccountNotFound, lambda tx: ledger.balance(tx, 2**63, at=TODAY)),
        (ledger.TransferNotFound, lambda tx: ledger.get_transfer(tx, uuid7())),
        (ledger.CellNotFound, lambda tx: ledger.trial_balance(tx, cell=555)),
        (ledger.InvalidMoment, lambda tx: ledger.balance(tx, A, at=never)),
        (ledger.InvalidMoment, lambda tx: ledger.balance(tx, A, at=TODAY + timedelta(1))),
        (ledger.InvalidMoment, lambda tx: ledger.balance(tx, A, at=datetime(2026, 1, 1))),  # noqa: DTZ001
        (ledger.InvalidMoment, lambda tx: ledger.statement(tx, A, TODAY, TODAY - timedelta(1))),
        (ledger.InvalidCursor, lambda tx: ledger.entries(tx, B, after=page.next_cursor or "x")),
        *((ledger.InvalidCursor, lambda tx, text=text: ledger.entries(tx, A, after=text))
          for text in ("", "x", "====", "\0", "\ud800", "é", "MTox", "A" * 100_000)),
    ]  # fmt: skip
    for error, read in reads:
        with pytest.raises(error):
            async with teller.database.transaction() as tx:
                await read(tx)
    async with teller.database.transaction() as tx:
        assert (await ledger.balance(tx, A, at=datetime.min.replace(tzinfo=UTC))).balance == 0
        assert (await ledger.balance(tx, A, at=date.min)).balance == 0
        assert (await ledger.statement(tx, A, date.min, date.max)).closing == 1_000


@pytest.mark.parametrize(
    "new",
    [
        {"currency": "ZZZ"},
        {"currency": ""},
        {"subject": ""},
        {"subject": "a b"},
        {"subject": "x" * 33},
        {"subject": "2011\n"},
        {"floor": 1},
        {"floor": -(10**14) - 1},
        {"cell": None},
        {"cell": 555},
        {"cell": 99},
        {"cell": 2**40},
        {"cell": 102, "number": account_number(101, 99)},
        {"number": account_number(101, 99) + 1},
        {"number": 0},
        {"number": -1},
        {"number": 10**30},
        {"number": A},
        {"name": "\0"},
        {"name": "\ud800"},
        {"local_name": "银\0行"},
    ],
)
async def test_an_account_that_cannot_be_is_not_opened_nor_are_the_others(
    teller: Teller, new: dict[str, Any]
) -> None:
    before = await teller.state()
    bad = NewAccount(**{"currency": "CNY", "subject": "9", "cell": None if "number" in new else 101, **new})
    with pytest.raises(SyceeError):
        async with teller.database.transaction() as tx:
            await ledger.open_accounts(tx, [NewAccount(currency="CNY", subject="9", cell=101), bad])
    assert await teller.state() == before


async def test_an_account_asked_for_twice_is_opened_once(teller: Teller) -> None:
    new = NewAccount(number=account_number(101, 99), currency="CNY", subject="9")
    async with teller.database.transaction() as tx:
        first, second = await ledger.open_accounts(tx, [new, new])
        assert first == second
        assert await ledger.open_accounts(tx, [new]) == [first]
