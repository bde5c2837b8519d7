"""Whoever changes the books behind Sycee's back is found out: by the seals, or by the checks of the books.

The seals prove every column of every transfer, batch, signed day and cell's head, and name the batch. What
is derived from transfers (balances, totals, holds, marks) is not sealed: the checks derive it again.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from sycee import ledger
from sycee.database import Database
from sycee.kernel.ids import account_number, uuid7
from sycee.ledger import NewAccount, NewTransfer, SealKeys, TransferKind, VerificationResult

TODAY = date(2026, 11, 21)
A, B, C = (account_number(101, serial) for serial in (1, 2, 3))
D = account_number(102, 1)

# How to change one byte of a value, by its type; a NULL becomes a value.
ONE_BYTE = {
    "bigint": "coalesce({0}, 0) # 1",
    "smallint": "({0} # 1::smallint)",
    "integer": "{0} # 1",
    "date": "{0} + 1",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 microsecond'",
    "text": "coalesce(left({0}, -1), '') || chr(ascii(right(coalesce(nullif({0}, ''), 'a'), 1)) # 1)",
    "uuid": "encode(set_byte(uuid_send({0}), 9, get_byte(uuid_send({0}), 9) # 1), 'hex')::uuid",
    "bytea": "set_byte({0}, 3, get_byte({0}, 3) # 1)",
}
TYPES = {
    "transfers": {
        "position": "bigint", "id": "uuid", "debit": "bigint", "credit": "bigint", "amount": "bigint",
        "booked_at": "timestamp with time zone", "debit_balance": "bigint", "credit_balance": "bigint",
        "debit_previous": "bigint", "credit_previous": "bigint", "business_date": "date",
        "value_date": "date", "cell": "smallint", "leg": "smallint", "kind": "smallint",
        "currency": "text", "debit_held": "bigint",
        "credit_held": "bigint", "counterpart": "bigint", "target": "uuid", "reference": "text",
        "description": "text",
    },
    "batches": {
        "cell": "smallint", "batch": "bigint", "first_position": "bigint", "transfers": "integer",
        "booked_at": "timestamp with time zone", "business_date": "date", "seal": "bytea",
    },
    "day_seals": {
        "cell": "smallint", "business_date": "date", "batch": "bigint", "seal": "bytea", "key_id": "text",
        "ed25519": "bytea", "ml_dsa_65": "bytea", "signed_at": "timestamp with time zone",
    },
    "cells": {
        "business_date": "date", "position": "bigint", "batch": "bigint", "seal": "bytea",
        "booked_at": "timestamp with time zone",
    },
    "accounts": {
        "posted": "bigint", "pending_debits": "bigint", "pending_credits": "bigint", "entries": "bigint",
        "last_position": "bigint", "subject": "text", "currency": "text",
    },
    "gl_totals": {
        "cell": "smallint", "business_date": "date", "subject": "text", "currency": "text",
        "debits": "bigint", "credits": "bigint",
    },
    "holds": {
        "cell": "smallint", "id": "uuid", "state": "smallint", "debit": "bigint", "credit": "bigint",
        "amount": "bigint", "currency": "text", "resolved_by": "uuid",
    },
    "reversals": {"cell": "smallint", "target": "uuid", "id": "uuid"},
    "entry_marks": {
        "cell": "smallint", "account": "bigint", "position": "bigint",
        "booked_at": "timestamp with time zone", "business_date": "date",
    },
}  # fmt: skip
# A row of which every column is the usual one for its batch, and one that has everything.
ROWS = {"plain": "cell = 101 AND position = 71", "rich": "cell = 101 AND position = 73"}


def cases(*tables: str) -> list[tuple[str, str]]:
    return [(table, column) for table in tables for column in TYPES[table]]


class Vault:
    """A bank of two cells with three days, the first two of them signed."""

    def __init__(self, database: Database, keys: SealKeys) -> None:
        self.database = database
        self.keys = keys

    async def tamper(self, statement: str) -> None:
        """What a hand in the database does: no rule of the tables holds it up."""
        async with self.database.transaction() as tx:
            await tx.execute("SET LOCAL session_replication_role = replica")  # not even foreign keys
            cursor = await tx.execute(statement.encode())
            assert cursor.rowcount == 1, "the test meant to change one row"

    async def change(self, table: str, column: str, where: str) -> None:
        """Change one byte of one column of one row."""
        new = ONE_BYTE[TYPES[table][column]].format(column)
        if column == "target":
            new = f"coalesce({new}, '11111111-1111-1111-1111-111111111111')"
        if (table, column) == ("entry_marks", "position"):
            new = "position + 256"  # a mark at another entry of its account would do no harm
        if (table, column) == ("gl_totals", "business_date"):
            new = "business_date - 16"  # the next day's total is there already
        if column == "cell":
            new = "cell + 600::smallint"
        await self.tamper(f"UPDATE {table} SET {column} = {new} WHERE {where}")

    async def verify(self, *, trusted: bool = False) -> VerificationResult:
        public = self.keys.public
        return await ledger.verify_seals(self.database, trusted_keys={public.id: public} if trusted else None)

    async def broken_checks(self) -> list[str]:
        return [check.name for check in await ledger.check_books(self.database) if not check.passed]


@pytest.fixture
async def vault(database: Database, tmp_path: Path) -> Vault:
    keys = SealKeys.at(tmp_path / "seal-keys.pem")
    async with database.transaction() as tx:
        for cell in (101, 102):
            await ledger.create_cell(tx, cell, f"Cell {cell}", TODAY)
        await ledger.open_accounts(
            tx,
            [
                NewAccount(number=number, currency="CNY", subject="2011", floor=None)
                for number in (A, B, C, D)
            ],
        )
        await ledger.post_transfers(tx, [_move(A, B, place + 1) for place in range(70)])
    for days in (1, 2):
        async with database.transaction() as tx:
            await ledger.post_transfers(tx, _mixed_list())
            for cell in (101, 102):
                await ledger.advance_business_date(tx, cell, TODAY + timedelta(days))
    async with database.transaction() as tx:
        assert len(await ledger.sign_days(tx, keys)) == 4
        await ledger.post_transfers(tx, _mixed_list())
    made = Vault(database, keys)
    assert not (await made.verify(trusted=True)).breaks
    assert not await made.broken_checks()
    return made


def _move(debit: int, credit: int, amount: int, **more: object) -> NewTransfer:
    return NewTransfer(id=uuid7(), debit=debit, credit=credit, amount=amount, currency="CNY", **more)  # type: ignore[arg-type]


def _mixed_list() -> list[NewTransfer]:
    plain, kept = (
        _move(A, B, 4),
        _move(A, D, 6, kind=TransferKind.PENDING, expires_at=datetime(2099, 1, 1, tzinfo=UTC)),
    )
    hold = _move(A, D, 8, kind=TransferKind.PENDING)
    rich = NewTransfer(
        id=uuid7(),
        kind=TransferKind.POST,
        target=hold.id,
        amount=5,
        reference="R",
        description="d",
        value_date=TODAY,
    )
    return [plain, hold, rich, kept, NewTransfer(id=uuid7(), kind=TransferKind.REVERSAL, target=plain.id)]


async def batch_of(vault: Vault, where: str) -> int:
    async with vault.database.transaction() as tx:
        cursor = await tx.execute(f"SELECT id FROM transfers WHERE {where}".encode())
        [[id]] = await cursor.fetchall()
        return (await ledger.get_transfer(tx, id)).batch


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("column", TYPES["transfers"])
async def test_one_changed_byte_of_a_transfer_is_found_and_its_batch_named(
    vault: Vault, column: str, row: str
) -> None:
    batch = await batch_of(vault, ROWS[row])
    if column == "position":
        await vault.tamper(f"UPDATE transfers SET position = position + 100000 WHERE {ROWS[row]}")
    elif column == "leg":  # the nearest one is taken by the far end of the transfer
        await vault.tamper(f"UPDATE transfers SET leg = leg + 2 WHERE {ROWS[row]}")
    else:
        await vault.change("transfers", column, ROWS[row])
    breaks = (await vault.verify()).breaks
    assert [one.batch for one in breaks if one.batch] == [batch], breaks
    assert {one.cell for one in breaks} == {101}


@pytest.mark.parametrize("row", ROWS)
async def test_a_transfer_taken_out_is_found(vault: Vault, row: str) -> None:
    batch = await batch_of(vault, ROWS[row])
    await vault.tamper(f"DELETE FROM transfers WHERE {ROWS[row]}")
    assert [(one.cell, one.batch) for one in (await vault.verify()).breaks] == [(101, batch)]


@pytest.mark.parametrize("position", [-5, 0, 1_000_000])
async def test_a_transfer_put_in_is_found(vault: Vault, position: int) -> None:
    columns = ", ".join(name for name in TYPES["transfers"] if name not in {"id", "position"})
    await vault.tamper(
        f"INSERT INTO transfers (id, position, {columns}) "
        f"SELECT gen_random_uuid(), {position}, {columns} FROM transfers WHERE {ROWS['plain']}"
    )
    assert [one.cell for one in (await vault.verify()).breaks] == [101]
    assert await vault.broken_checks()


async def test_two_transfers_exchanged_are_found(vault: Vault) -> None:
    async with vault.database.transaction() as tx:
        for move in ("71, 900071", "70, 71", "900071, 70"):
            old, new = move.split(", ")
            await tx.execute(
                f"UPDATE transfers SET position = {new} WHERE cell = 101 AND position = {old}".encode()
            )
    assert {one.batch for one in (await vault.verify()).breaks} == {1, 2}


@pytest.mark.parametrize("column", TYPES["batches"])
async def test_one_changed_byte_of_a_batch_is_found_and_named(vault: Vault, column: str) -> None:
    where = "cell = 101 AND batch = 2"
    if column in {"cell", "batch"}:
        await vault.tamper(f"UPDATE batches SET {column} = {column} + 700 WHERE {where}")
    else:
        await vault.change("batches", column, where)
    breaks = (await vault.verify()).breaks
    assert (101, 2) in {(one.cell, one.batch) for one in breaks}
    assert {one.cell for one in breaks} == {101}


@pytest.mark.parametrize("batch", [1, 3, 6])
async def test_a_batch_taken_out_is_found_and_named(vault: Vault, batch: int) -> None:
    await vault.tamper(f"DELETE FROM batches WHERE cell = 101 AND batch = {batch}")
    assert (101, batch) in {(one.cell, one.batch) for one in (await vault.verify()).breaks}


async def test_a_batch_put_in_is_found(vault: Vault) -> None:
    await vault.tamper(
        "INSERT INTO batches SELECT cell, 99, first_position, transfers, booked_at, business_date, seal "
        "FROM batches WHERE cell = 101 AND batch = 2"
    )
    assert {one.cell for one in (await vault.verify()).breaks} == {101}


@pytest.mark.parametrize("column", TYPES["cells"])
async def test_one_changed_byte_of_the_head_of_a_cell_is_found(vault: Vault, column: str) -> None:
    await vault.change("cells", column, "cell = 101")
    assert {one.cell for one in (await vault.verify()).breaks} == {101}


@pytest.mark.parametrize("column", TYPES["day_seals"])
async def test_one_changed_byte_of_a_signed_day_is_found(vault: Vault, column: str) -> None:
    where = f"cell = 101 AND business_date = '{TODAY}'"
    if column in {"cell", "business_date"}:
        new = {"cell": "103", "business_date": f"'{TODAY - timedelta(1)}'"}[column]
        await vault.tamper(f"UPDATE day_seals SET {column} = {new} WHERE {where}")
    else:
        await vault.change("day_seals", column, where)
    assert (await vault.verify()).breaks
    assert (await vault.verify(trusted=True)).breaks


async def test_the_signature_of_a_day_taken_out_is_found(vault: Vault) -> None:
    await vault.tamper(f"DELETE FROM day_seals WHERE cell = 101 AND business_date = '{TODAY}'")
    [found] = (await vault.verify()).breaks
    assert (found.cell, found.batch) == (101, 2)


@pytest.mark.parametrize("column", ["id", "ed25519", "ml_dsa_65"])
async def test_a_changed_public_key_is_found(vault: Vault, column: str) -> None:
    byte = ONE_BYTE["text" if column == "id" else "bytea"].format(column)
    await vault.tamper(f"UPDATE seal_keys SET {column} = {byte}")
    assert (await vault.verify()).breaks


async def test_days_signed_anew_with_another_key_pass_only_where_that_key_is_trusted(
    vault: Vault, tmp_path: Path
) -> None:
    async with vault.database.transaction() as tx:
        await tx.execute(b"DELETE FROM day_seals")
        await tx.execute(b"DELETE FROM seal_keys")
        await ledger.sign_days(tx, SealKeys.at(tmp_path / "forged.pem"))
    assert not (await vault.verify()).breaks
    breaks = (await vault.verify(trusted=True)).breaks
    assert {(one.cell, one.batch) for one in breaks} == {(101, 2), (101, 4), (102, 1), (102, 3)}


async def test_history_rewritten_with_seals_recomputed_breaks_the_signatures(vault: Vault) -> None:
    """Whoever may run the books' own functions can make the chain fit again, but not the signed days."""
    async with vault.database.transaction() as tx:
        await tx.execute(b"UPDATE transfers SET reference = 'x' WHERE cell = 101 AND position = 71")
        await tx.execute(
            b"""
            DO $$ DECLARE b record; previous bytea := ''; BEGIN
                FOR b IN SELECT * FROM batches WHERE cell = 101 ORDER BY batch LOOP
                    previous := ledger_seal(previous, b.cell, b.batch, b.first_position,
                        b.transfers, b.booked_at, b.business_date,
                        ledger_stored_content(b.cell, b.first_position, b.transfers));
                    UPDATE batches SET seal = previous WHERE cell = 101 AND batch = b.batch;
                END LOOP;
                UPDATE cells SET seal = previous WHERE cell = 101;
            END $$
            """
        )
    assert {(one.cell, one.batch) for one in (await vault.verify()).breaks} == {(101, 2), (101, 4)}


# What the seals do not cover is derived from what they do: the checks of the books derive it again.

OF_CHECKS = {
    "accounts": f"number = {A}",
    "gl_totals": f"cell = 101 AND subject = '2011' AND business_date = '{TODAY}'",
    "holds": "cell = 101 AND state = 0 AND id = (SELECT id FROM holds WHERE state = 0 ORDER BY id LIMIT 1)",
    "reversals": "id = (SELECT id FROM reversals ORDER BY id LIMIT 1)",
    "entry_marks": f"account = {A}",
}


@pytest.mark.parametrize(("table", "column"), cases(*OF_CHECKS))
async def test_one_changed_byte_of_what_is_derived_is_found_by_a_check(
    vault: Vault, table: str, column: str
) -> None:
    if table == "holds" and column == "resolved_by":
        await vault.tamper(
            f"UPDATE holds SET resolved_by = '11111111-1111-1111-1111-111111111111' WHERE {OF_CHECKS[table]}"
        )
    else:
        await vault.change(table, column, OF_CHECKS[table])
    assert await vault.broken_checks()
    assert not (await vault.verify()).breaks


@pytest.mark.parametrize("state", [1, 2, 3])
async def test_a_hold_with_another_outcome_than_its_transfers_say_is_found(vault: Vault, state: int) -> None:
    await vault.tamper(f"UPDATE holds SET state = {state} WHERE {OF_CHECKS['holds']}")
    assert await vault.broken_checks()


async def test_a_posted_hold_that_says_voided_is_found(vault: Vault) -> None:
    await vault.tamper("UPDATE holds SET state = 2 WHERE id = (SELECT id FROM holds WHERE state = 1 LIMIT 1)")
    assert await vault.broken_checks()


@pytest.mark.parametrize("table", OF_CHECKS)
async def test_a_row_taken_out_of_what_is_derived_is_found_by_a_check(vault: Vault, table: str) -> None:
    await vault.tamper(f"DELETE FROM {table} WHERE {OF_CHECKS[table]}")
    assert await vault.broken_checks()
