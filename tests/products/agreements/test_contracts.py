"""Contracts: data and PDF say the same, in Chinese and English, and the same bytes for the same contract."""

from __future__ import annotations

import asyncio
import hashlib
import io
import subprocess
import sys
from pathlib import Path

import msgspec
import pypdfium2
import pytest
from pypdf import PdfReader

from sycee import products
from sycee.products import Contract, ItemChoice, contract_pdf
from tests.products.agreements.offering import TODAY, Office

CHOICES = {
    "surplus": ItemChoice(negotiated={"interest.quota": "200000.00", "interest.spread": "0.10"}),
    "call": ItemChoice(),
}


async def _contract(office: Office, name: str = "Silk Road Trading Ltd", **fields: str) -> Contract:
    buyer = await office.buyer(name, **fields)
    (outcome,) = await office.sign(buyer.request(choices=CHOICES))
    assert outcome.contract is not None
    return outcome.contract


def _text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def _ink(pdf: bytes, page: int = 0) -> int:
    """How many dark pixels a page has when it is rendered."""
    document = pypdfium2.PdfDocument(pdf)
    bitmap = document[page].render(scale=1, grayscale=True)
    return sum(pixel < 128 for pixel in bytes(bitmap.buffer))


async def test_a_contract_names_accounts_rates_fees_limits_and_channels(office: Office) -> None:
    contract = await _contract(office)
    main, surplus, call = contract.items
    assert contract.customer.local_name == "丝路贸易有限公司"
    assert contract.signers == ("李薇",)
    assert (contract.signed_on, contract.revision, contract.kind) == (TODAY, 1, "contract")
    assert main.account is not None
    assert [(rate.above, rate.rate) for rate in main.rates] == [("0.00 CNY", "0.20")]
    # 0.90 listed and 0.10 agreed above it.
    assert [(rate.above, rate.spread, rate.rate) for rate in surplus.rates] == [
        ("0.00 CNY", "0.00", "0.20"),
        ("200000.00 CNY", "0.10", "1.00"),
    ]
    assert (surplus.account, surplus.lies_over, surplus.opens_account) == (None, "main", False)
    assert [(one.name, one.value) for one in surplus.negotiated] == [
        ("interest.quota", "200000.00"),
        ("interest.spread", "0.10"),
    ]
    assert [fee.title.zh for fee in main.fees] == ["账户管理费"]
    assert {one.name: one.value for one in main.fees[0].particulars}["amount"] == "50.00"
    assert [limit.title.en for limit in main.limits] == ["Online transfers a day"]
    assert [channel.title.zh for channel in main.channels] == ["企业网银"]
    assert call.form == "notice"


async def test_a_preview_is_the_contract_but_for_the_account_numbers(office: Office) -> None:
    request = (await office.buyer()).request(choices=CHOICES)
    before = await office.books()
    (preview,) = await office.sign(request, dry_run=True)
    assert preview.status == "preview"
    assert await office.books() == before
    (signed,) = await office.sign(request)
    assert preview.contract is not None
    assert signed.contract is not None
    without = tuple(msgspec.structs.replace(item, account=None) for item in signed.contract.items)
    assert preview.contract == msgspec.structs.replace(signed.contract, kind="preview", items=without)
    assert [item.account for item in signed.contract.items] != [item.account for item in without]


async def test_the_kept_contract_is_the_one_that_was_signed_and_its_digest_proves_it(office: Office) -> None:
    contract = await _contract(office)
    async with office.database.transaction() as tx:
        kept = await products.contract(tx, contract.agreement)
    row = await office.row("SELECT hash, document FROM contracts WHERE agreement = %s", contract.agreement)
    assert kept == contract
    assert row[0].hex() == hashlib.sha256(row[1].encode()).hexdigest() == contract.digest()


async def test_the_pdf_says_in_both_languages_what_the_data_say(office: Office) -> None:
    contract = await _contract(office)
    pdf = contract_pdf(contract)
    text = _text(pdf)
    account = contract.items[0].account
    assert account is not None
    for expected in (
        "结算启航套餐", "Starter package", "丝路贸易有限公司", "Silk Road Trading Ltd", account, "200,000.00",
        "1.00 %", "账户管理费", "Account maintenance", "50.00", "5,000,000.00", "企业网银", "李薇",
        f"SHA-256 of the data: {contract.digest()}",
    ):  # fmt: skip
        assert expected in text, expected
    count = len(PdfReader(io.BytesIO(pdf)).pages)
    for number in range(1, count + 1):
        assert f"第 {number} 页，共 {count} 页 · page {number} of {count}" in text


async def test_the_same_contract_makes_the_same_bytes_in_another_process_too(
    office: Office, tmp_path: Path
) -> None:
    contract = await _contract(office)
    document = tmp_path / "contract.json"
    document.write_bytes(contract.document())
    program = (
        "import sys, hashlib; from pathlib import Path; from sycee.products import contract_pdf;"
        "from sycee.products.contracts import read_contract;"
        "print(hashlib.sha256(contract_pdf(read_contract(Path(sys.argv[1]).read_bytes()))).hexdigest())"
    )
    command = [sys.executable, "-c", program, str(document)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(contract_pdf(contract)).hexdigest()


async def test_chinese_is_drawn_by_a_renderer_that_has_no_fonts_of_its_own(office: Office) -> None:
    contract = await _contract(office)
    pdf = contract_pdf(contract)
    for page in PdfReader(io.BytesIO(pdf)).pages:
        fonts = page["/Resources"]["/Font"].values()  # type: ignore[index]
        own = [font.get_object() for font in fonts if "/FontDescriptor" in font.get_object()]
        assert own, "the page names a font"
        assert all("/FontFile2" in font["/FontDescriptor"] for font in own), "every font travels in the file"
    blank = msgspec.structs.replace(contract.customer, local_name="　" * len(contract.customer.local_name))
    assert _ink(pdf) > _ink(contract_pdf(msgspec.structs.replace(contract, customer=blank))) + 100


@pytest.mark.parametrize("name", ["A & B <Holding> Ltd", "𠮷田商事", 'O\'Neill "Steel"'])
async def test_any_name_can_stand_in_a_contract(office: Office, name: str) -> None:
    contract = await _contract(office, local_name=name)
    text = _text(contract_pdf(contract))
    shown = name.replace("𠮷", "〓(U+20BB7)")  # a character that the font lacks is told by its number
    assert shown in text


async def test_a_preview_says_on_every_page_that_it_binds_nobody(office: Office) -> None:
    request = (await office.buyer()).request(choices=CHOICES)
    (preview,) = await office.sign(request, dry_run=True)
    assert preview.contract is not None
    for page in PdfReader(io.BytesIO(contract_pdf(preview.contract))).pages:
        assert "预览 PREVIEW" in page.extract_text()
