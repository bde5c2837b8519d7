"""Receipts of entries: one an entry, the same for ever, checked by whoever has the code and no one else."""

from __future__ import annotations

import asyncio
import io
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pypdf
import pypdfium2
import pytest

from sycee import ledger
from sycee.database import Database, Transaction
from sycee.kernel.ids import check_digit, uuid7
from sycee.ledger import AccountNotFound, EntryNotFound, NewTransfer, SealKeys, TransferKind
from sycee.operations import (
    MOST_RECEIPTS,
    Receipt,
    ReceiptDamaged,
    ReceiptNotFound,
    ReceiptPaper,
    TooManyReceipts,
    count_print,
    find_paper,
    get_receipt,
    issue_receipts,
    keep_paper,
    list_receipts,
    make_paper,
    verify_receipt,
    written_code,
)
from tests.operations.small_bank import (
    BEIJING,
    FIRST_DAY,
    SHANGHAI,
    customer_account,
    found_bank,
    post,
    vault,
)

ONE, TWO, FAR = customer_account(SHANGHAI, 1), customer_account(SHANGHAI, 2), customer_account(BEIJING, 1)


def transfer(amount: int = 123_456, **more: object) -> NewTransfer:
    given = {"id": uuid7(), "debit": vault(SHANGHAI), "credit": ONE, "amount": amount, "currency": "CNY"}
    return NewTransfer(**(given | more))  # type: ignore[arg-type]


async def paid(database: Database, *transfers: NewTransfer) -> list[UUID]:
    assert await post(database, transfers) == len(transfers)
    return [one.id for one in transfers]


async def issue(database: Database, account: int, *transfers: UUID) -> list[Receipt]:
    async def command(tx: Transaction) -> list[Receipt]:
        return await issue_receipts(tx, account, transfers, by="test")

    return await database.run(command)


async def printed(database: Database, receipt: Receipt, keys: SealKeys) -> ReceiptPaper:
    async def command(tx: Transaction) -> ReceiptPaper:
        return await keep_paper(tx, receipt, make_paper(receipt, keys))

    return await database.run(command)


@pytest.fixture
def keys(tmp_path: Path) -> SealKeys:
    return SealKeys.at(tmp_path / "keys.pem")


async def test_a_receipt_says_what_the_books_say_of_the_entry(database: Database) -> None:
    await found_bank(database)
    (id,) = await paid(database, transfer(reference="INV-1", description="三月货款"))
    (receipt,) = await issue(database, ONE, id)
    content = receipt.content
    assert (content.amount, content.currency, content.side, content.reversal) == (
        "1234.56",
        "CNY",
        "credit",
        False,
    )
    assert (content.payer.account, content.payee.account) == (str(vault(SHANGHAI)), str(ONE))
    assert (content.payee.name, content.payee.local_name) == ("Customer 1", "客户1")
    assert (content.business_date, content.transfer, content.cell) == (FIRST_DAY, id, SHANGHAI)
    assert (content.reference, content.description) == ("INV-1", "三月货款")
    assert content.number == f"{SHANGHAI}20260330" + "0000000001" + content.number[-1]
    assert content.number[-1] == check_digit(content.number[:-1])
    assert (len(content.code), receipt.prints) == (16, 0)


async def test_both_sides_have_receipts_of_their_own_that_name_payer_and_payee_alike(
    database: Database,
) -> None:
    await found_bank(database)
    await paid(database, transfer())
    (id,) = await paid(database, transfer(100, debit=ONE, credit=FAR))
    (ours,), (theirs,) = await issue(database, ONE, id), await issue(database, FAR, id)
    assert (ours.content.side, theirs.content.side) == ("debit", "credit")
    assert (ours.content.payer, ours.content.payee) == (theirs.content.payer, theirs.content.payee)
    assert ours.content.payee.account == str(FAR)
    assert (ours.content.cell, theirs.content.cell) == (SHANGHAI, BEIJING)
    assert ours.content.number != theirs.content.number
    assert ours.content.code != theirs.content.code


async def test_an_entry_has_one_receipt_however_often_and_together_with_what_it_is_asked_for(
    database: Database,
) -> None:
    await found_bank(database)
    first, second, third = await paid(database, transfer(1), transfer(2), transfer(3))
    (receipt,) = await issue(database, ONE, second)
    together = await issue(database, ONE, third, second, first, second)
    assert together[1] == together[3] == receipt
    assert [one.content.amount for one in together] == ["0.03", "0.02", "0.01", "0.02"]
    assert len({one.content.number for one in together}) == 3


async def test_those_who_ask_at_the_same_time_get_the_same_receipt(database: Database) -> None:
    await found_bank(database)
    ids = await paid(database, *(transfer(n) for n in range(1, 6)))
    answers = await asyncio.gather(*(issue(database, ONE, *ids[place:], *ids[:place]) for place in range(5)))
    for place, answer in enumerate(answers):
        assert answer == answers[0][place:] + answers[0][:place]


async def test_a_receipt_stays_as_it_was_issued_when_the_account_is_renamed(database: Database) -> None:
    await found_bank(database)
    (id,) = await paid(database, transfer())
    (before,) = await issue(database, ONE, id)
    async with database.transaction() as tx:
        await ledger.change_account(tx, ONE, local_name="新名", reason="renamed")
    assert await issue(database, ONE, id) == [before]


async def test_an_entry_of_another_account_is_not_found(database: Database) -> None:
    await found_bank(database)
    (id,) = await paid(database, transfer())
    for account in (TWO, FAR):
        with pytest.raises(EntryNotFound):
            await issue(database, account, id)
    with pytest.raises(EntryNotFound):
        await issue(database, ONE, id, uuid7())
    with pytest.raises(AccountNotFound):
        await issue(database, customer_account(SHANGHAI, 99), id)
    async with database.transaction() as tx:
        assert await list_receipts(tx, ONE) == []


async def test_a_hold_has_no_receipt_until_it_is_posted(database: Database) -> None:
    await found_bank(database)
    hold = transfer(500, kind=TransferKind.PENDING)
    await paid(database, hold)
    with pytest.raises(EntryNotFound):
        await issue(database, ONE, hold.id)
    posting = NewTransfer(id=uuid7(), kind=TransferKind.POST, target=hold.id)
    await paid(database, posting)
    (receipt,) = await issue(database, ONE, posting.id)
    assert receipt.content.amount == "5.00"


async def test_a_receipt_of_another_account_or_a_made_up_number_is_not_found(database: Database) -> None:
    await found_bank(database)
    (id,) = await paid(database, transfer())
    (receipt,) = await issue(database, ONE, id)
    async with database.transaction() as tx:
        assert await get_receipt(tx, ONE, receipt.content.number) == receipt
        for number in (receipt.content.number[:-1], "", "x", "9" * 22, "１" * 22):
            with pytest.raises(ReceiptNotFound):
                await get_receipt(tx, ONE, number)
        with pytest.raises(ReceiptNotFound):
            await get_receipt(tx, TWO, receipt.content.number)


async def test_more_than_a_thousand_receipts_are_not_issued_at_once(database: Database) -> None:
    with pytest.raises(TooManyReceipts):
        await issue(database, ONE, *(uuid7() for _ in range(MOST_RECEIPTS + 1)))


async def test_receipts_are_listed_newest_first_page_by_page(database: Database) -> None:
    await found_bank(database)
    ids = await paid(database, *(transfer(n) for n in range(1, 6)))
    issued = await issue(database, ONE, *ids)
    async with database.transaction() as tx:
        first = await list_receipts(tx, ONE, limit=3)
        rest = await list_receipts(tx, ONE, before=first[-1].content.number, limit=3)
        assert await list_receipts(tx, TWO) == []
    assert first + rest == issued[::-1]


async def test_whoever_has_number_and_code_learns_the_amount_and_masked_parties(database: Database) -> None:
    await found_bank(database)
    await paid(database, transfer())
    (id,) = await paid(database, transfer(100_00, debit=ONE, credit=TWO))
    (receipt,) = await issue(database, ONE, id)
    typed = f" {written_code(receipt.content.code).lower().replace('0', 'o')} "
    async with database.transaction() as tx:
        found = await verify_receipt(tx, receipt.content.number, typed)
    assert (found.amount, found.currency, found.business_date) == ("100.00", "CNY", FIRST_DAY)
    assert found.payer.account == "*" * 14 + str(ONE)[-4:]
    assert (found.payer.local_name, found.payee.name) == ("客**", "C******r *")
    assert (found.state, found.pdf_sha256) == ("posted", None)


async def test_a_wrong_code_and_a_wrong_number_are_answered_in_the_same_words(database: Database) -> None:
    await found_bank(database)
    ids = await paid(database, transfer(1), transfer(2))
    one, two = await issue(database, ONE, *ids)
    said = set()
    attempts = [
        (one.content.number, two.content.code),
        (one.content.number, ""),
        (one.content.number, one.content.code[:-1]),
        (one.content.number, f"{one.content.code}0"),
        (one.content.number, "é" * 16),
        ("9" * 22, one.content.code),
        ("no number", one.content.code),
    ]
    async with database.transaction() as tx:
        for number, code in attempts:
            with pytest.raises(ReceiptNotFound) as caught:
                await verify_receipt(tx, number, code)
            said.add(caught.value.detail)
    assert len(said) == 1


async def test_codes_are_drawn_at_random_and_not_from_numbers(database: Database) -> None:
    await found_bank(database)
    ids = await paid(database, *(transfer(1) for _ in range(200)))
    codes = [receipt.content.code for receipt in await issue(database, ONE, *ids)]
    assert len(set(codes)) == 200
    assert {character for code in codes for character in code} == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


async def test_a_receipt_of_a_transfer_that_was_reversed_since_says_so_when_it_is_checked(
    database: Database,
) -> None:
    await found_bank(database)
    (id,) = await paid(database, transfer())
    (receipt,) = await issue(database, ONE, id)
    back = NewTransfer(id=uuid7(), kind=TransferKind.REVERSAL, target=id)
    await paid(database, back)
    (other,) = await issue(database, ONE, back.id)
    async with database.transaction() as tx:
        found = await verify_receipt(tx, receipt.content.number, receipt.content.code)
    assert (found.state, receipt.content.reversal) == ("reversed", False)
    assert (other.content.reversal, other.content.side) == (True, "debit")


async def test_the_pdf_shows_chinese_and_english_on_one_page(database: Database, keys: SealKeys) -> None:
    await found_bank(database)
    (id,) = await paid(database, transfer(description="三月货款", reference="INV-1"))
    (receipt,) = await issue(database, ONE, id)
    paper = await printed(database, receipt, keys)
    reader = pypdf.PdfReader(io.BytesIO(paper.pdf))
    text = reader.pages[0].extract_text()
    assert len(reader.pages) == 1
    for told in (
        "电子回单", "Electronic receipt", "客户1", "Customer 1", str(ONE), str(vault(SHANGHAI)),
        "CNY 1,234.56", "人民币壹仟贰佰叁拾肆元伍角陆分", "三月货款", "INV-1",
        "2026-03-30", receipt.content.number, written_code(receipt.content.code), "贷记 Credit",
    ):  # fmt: skip
        assert told in text, told
    image = pypdfium2.PdfDocument(paper.pdf)[0].render(scale=1).to_pil().convert("L")
    assert image.width > image.height
    assert image.getextrema()[0] < 100  # something is printed on it


async def test_a_receipt_with_long_texts_stays_on_its_page(database: Database, keys: SealKeys) -> None:
    await found_bank(database)
    async with database.transaction() as tx:
        await ledger.change_account(
            tx, ONE, name="Very Long Name " * 8, local_name="很长的名称" * 20, reason="for the test"
        )
    (id,) = await paid(database, transfer(description="长" * 200, reference="R" * 100))
    (receipt,) = await issue(database, ONE, id)
    paper = await printed(database, receipt, keys)
    page = pypdfium2.PdfDocument(paper.pdf)[0]
    text = page.get_textpage()
    boxes = [text.get_charbox(place) for place in range(text.count_chars())]
    width, height = page.get_size()
    assert all(
        left >= 0 and bottom >= 0 and right <= width and top <= height for left, bottom, right, top in boxes
    )
    code = text.get_text_range().index(written_code(receipt.content.code)[:4])
    code_top = boxes[code][3]
    between = [box for box in boxes if code_top + 1 < box[1] < code_top + 8]
    assert between == [], "the facts run into the code"


async def test_the_paper_is_the_same_byte_for_byte_and_signed_by_both_keys(
    database: Database, keys: SealKeys
) -> None:
    await found_bank(database)
    (id,) = await paid(database, transfer())
    (receipt,) = await issue(database, ONE, id)
    first = await printed(database, receipt, keys)
    assert await printed(database, receipt, keys) == first, "ML-DSA signs at random: the first one is kept"
    async with database.transaction() as tx:
        assert await find_paper(tx, receipt) == first
        assert keys.public in await ledger.public_keys(tx)
        found = await verify_receipt(tx, receipt.content.number, receipt.content.code)
    assert found.pdf_sha256 == first.sha256
    assert keys.public.verify(first.pdf, first.ed25519, first.ml_dsa_65)
    assert not keys.public.verify(first.pdf + b" ", first.ed25519, first.ml_dsa_65)


async def test_prints_are_counted_one_after_the_other(database: Database, keys: SealKeys) -> None:
    await found_bank(database)
    (id,) = await paid(database, transfer())
    (receipt,) = await issue(database, ONE, id)
    await printed(database, receipt, keys)

    async def hand_out(tx: Transaction) -> int:
        return await count_print(tx, ONE, receipt.content.number, by="teller")

    assert sorted(await asyncio.gather(*(database.run(hand_out) for _ in range(6)))) == [1, 2, 3, 4, 5, 6]
    async with database.transaction() as tx:
        assert (await get_receipt(tx, ONE, receipt.content.number)).prints == 6


async def test_receipts_papers_and_prints_cannot_be_changed_or_deleted(
    database: Database, keys: SealKeys
) -> None:
    await found_bank(database)
    (id,) = await paid(database, transfer())
    (receipt,) = await issue(database, ONE, id)
    await printed(database, receipt, keys)
    async with database.transaction() as tx:
        await count_print(tx, ONE, receipt.content.number, by="teller")
    for statement in (
        "UPDATE receipts SET code = 'A'",
        "DELETE FROM receipt_prints",
        "UPDATE receipt_papers SET pdf = ''",
        "DELETE FROM receipt_papers",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation):
            async with database.transaction() as tx:
                await tx.execute(statement.encode())


async def test_what_was_changed_behind_the_bank_s_back_is_not_handed_out_nor_attested(
    database: Database, keys: SealKeys
) -> None:
    await found_bank(database)
    (id,) = await paid(database, transfer())
    (receipt,) = await issue(database, ONE, id)
    await printed(database, receipt, keys)
    forged = msgspec.json.encode(msgspec.structs.replace(receipt.content, amount="9999.99"))
    async with database.transaction() as tx:
        await tx.execute("ALTER TABLE receipts DISABLE TRIGGER receipts_kept")
        await tx.execute("ALTER TABLE receipt_papers DISABLE TRIGGER receipt_papers_kept")
        await tx.execute("UPDATE receipts SET content = %s", (forged,))
        await tx.execute("UPDATE receipt_papers SET pdf = pdf || 'x'::bytea")
    async with database.transaction() as tx:
        with pytest.raises(ReceiptDamaged):
            await get_receipt(tx, ONE, receipt.content.number)
        with pytest.raises(ReceiptDamaged):
            await verify_receipt(tx, receipt.content.number, receipt.content.code)
        with pytest.raises(ReceiptDamaged):
            await find_paper(tx, receipt)
    assert receipt.content.value_date == date(2026, 3, 30)
