"""Electronic receipts over HTTP: issued, printed, signed, and checked by somebody without a token."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
import pytest_asyncio
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from litestar.testing import AsyncTestClient

from sycee.api import create_app
from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.kernel.settings import Settings
from tests.api.wire import FAR, PAYEE, PAYER, UNKNOWN, Client, money, post, transfer

PATH = f"/v1/accounts/{PAYER}/receipts"


@pytest_asyncio.fixture
async def client(bank: Database, tokens: dict[str, str], tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a bank with keys of its own."""
    app = create_app(bank, Settings(data_dir=tmp_path))
    async with AsyncTestClient(app, raise_server_exceptions=False) as opened:
        opened.headers["Authorization"] = f"Bearer {tokens['books:read']}"
        yield opened


@pytest_asyncio.fixture
async def transfers(client: Client, tokens: dict[str, str]) -> list[str]:
    """Two transfers, of which the second is the newer."""
    ours = client.headers["Authorization"]
    client.headers["Authorization"] = f"Bearer {tokens['transfers:write']}"
    items = [transfer("10.00", reference="INV-1", description="三月货款"), transfer("20.00", credit=FAR)]
    assert [one["status"] for one in await post(client, *items)] == ["posted", "posted"]
    client.headers["Authorization"] = ours
    return [item["id"] for item in items]


async def issue(client: Client, *ids: str, path: str = PATH) -> list[dict[str, Any]]:
    response = await client.post(path, json={"transfers": list(ids)})
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["receipts"]
    return found


async def test_a_receipt_is_issued_once_and_answered_the_same_again(
    client: Client, transfers: list[str]
) -> None:
    first = await issue(client, *transfers)
    assert await issue(client, *transfers) == first
    receipt = first[0]
    assert (receipt["amount"], receipt["side"], receipt["prints"]) == (money("10.00"), "debit", 0)
    assert receipt["payer"] == {
        "account": PAYER,
        "name": "Operating account",
        "local_name": "基本存款账户",
    }
    assert receipt["payee"]["account"] == PAYEE
    assert receipt["capitals"] == "人民币壹拾元整"
    assert first[1]["payee"]["account"] == FAR
    assert (await client.get(f"{PATH}/{receipt['number']}")).json() == receipt


async def test_receipts_are_listed_page_by_page(client: Client, transfers: list[str]) -> None:
    first, second = await issue(client, *transfers)
    page = (await client.get(PATH, params={"limit": 1})).json()
    rest = (await client.get(PATH, params={"cursor": page["next"]})).json()
    assert (page["receipts"], rest) == ([second], {"receipts": [first], "next": None})
    refused = await client.get(PATH, params={"cursor": "made up"})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_cursor")


async def test_the_pdf_is_the_same_each_time_and_each_time_is_counted(
    client: Client, transfers: list[str]
) -> None:
    (receipt,) = await issue(client, transfers[0])
    path = f"{PATH}/{receipt['number']}"
    first = await client.get(path, headers={"Accept": "application/pdf"})
    assert first.headers["content-type"] == "application/pdf"
    assert first.headers["content-disposition"] == (f'attachment; filename="receipt-{receipt["number"]}.pdf"')
    second = await client.get(path, params={"format": "pdf"})
    assert second.content == first.content
    text = pypdf.PdfReader(io.BytesIO(first.content)).pages[0].extract_text()
    for told in ("电子回单", "Electronic receipt", "基本存款账户", "三月货款", receipt["code"]):
        assert told in text
    again = (await client.get(path)).json()
    assert again == {**receipt, "prints": 2}


async def test_the_pdf_s_signatures_are_right_by_the_bank_s_public_keys(
    client: Client, anonymous: Client, transfers: list[str]
) -> None:
    (receipt,) = await issue(client, transfers[0])
    path = f"{PATH}/{receipt['number']}"
    signature = (await client.get(f"{path}/signature")).json()
    pdf = (await client.get(path, params={"format": "pdf"})).content
    assert signature["pdf_sha256"] == hashlib.sha256(pdf).hexdigest()
    (key,) = (await anonymous.get("/v1/seal-keys")).json()["keys"]
    assert key["id"] == signature["key"]
    ed25519 = load_pem_public_key(key["ed25519"].encode())
    ml_dsa_65 = load_pem_public_key(key["ml_dsa_65"].encode())
    assert isinstance(ed25519, Ed25519PublicKey) and isinstance(ml_dsa_65, MLDSA65PublicKey)
    one, two = base64.b64decode(signature["ed25519"]), base64.b64decode(signature["ml_dsa_65"])
    ed25519.verify(one, pdf)
    ml_dsa_65.verify(two, pdf)
    changed = pdf.replace(b"%PDF-1.", b"%PDF-2.", 1)
    for public, made in ((ed25519, one), (ml_dsa_65, two)):
        with pytest.raises(InvalidSignature):
            public.verify(made, changed)


async def test_anybody_with_number_and_code_checks_a_receipt(
    client: Client, anonymous: Client, transfers: list[str]
) -> None:
    (receipt,) = await issue(client, transfers[0])
    path = f"/v1/receipts/{receipt['number']}/verification"
    response = await anonymous.get(path, params={"code": receipt["code"]})
    assert response.status_code == 200, response.text
    assert response.json() == {
        "authentic": True,
        "number": receipt["number"],
        "amount": money("10.00"),
        "business_date": "2026-03-31",
        "booked_at": receipt["booked_at"],
        "payer": {"account": "*" * 14 + PAYER[-4:], "name": "O*******g a*****t", "local_name": "基****户"},
        "payee": {"account": "*" * 14 + PAYEE[-4:], "name": "", "local_name": ""},
        "state": "posted",
        "pdf_sha256": None,
    }
    assert "INV-1" not in response.text


async def test_a_wrong_number_and_a_wrong_code_cannot_be_told_apart(
    client: Client, anonymous: Client, transfers: list[str]
) -> None:
    one, other = await issue(client, *transfers)
    wrong_code = await anonymous.get(
        f"/v1/receipts/{one['number']}/verification", params={"code": other["code"]}
    )
    wrong_number = await anonymous.get(f"/v1/receipts/{'9' * 22}/verification", params={"code": one["code"]})
    for response in (wrong_code, wrong_number):
        assert (response.status_code, response.json()["code"]) == (404, "receipt_not_found")
    left, right = wrong_code.json(), wrong_number.json()
    of_each = {"instance": "", "request_id": ""}
    assert {**left, **of_each} == {**right, **of_each}
    missing = await anonymous.get(f"/v1/receipts/{one['number']}/verification")
    assert (missing.status_code, missing.json()["code"]) == (400, "invalid_parameter")


async def test_another_account_s_entry_and_receipt_are_not_found(
    client: Client, transfers: list[str]
) -> None:
    (receipt,) = await issue(client, transfers[1])
    elsewhere = f"/v1/accounts/{PAYEE}/receipts"
    refused = await client.post(elsewhere, json={"transfers": [transfers[1]]})
    assert (refused.status_code, refused.json()["code"]) == (404, "entry_not_found")
    for path in (f"{elsewhere}/{receipt['number']}", f"{elsewhere}/{receipt['number']}/signature"):
        refused = await client.get(path)
        assert (refused.status_code, refused.json()["code"]) == (404, "receipt_not_found")
    refused = await client.get(f"{elsewhere}/{receipt['number']}", params={"format": "pdf"})
    assert refused.status_code == 404
    refused = await client.get(f"/v1/accounts/{UNKNOWN}/receipts/{receipt['number']}")
    assert refused.json()["code"] == "account_not_found"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"transfers": []}, 400, "schema_violation"),
        ({"transfers": ["x"]}, 400, "schema_violation"),
        ({}, 400, "schema_violation"),
        ({"transfers": [str(uuid7())] * 1001}, 400, "schema_violation"),
        ({"transfers": [str(uuid7())]}, 404, "entry_not_found"),
    ],
)
async def test_bad_input_is_refused_by_name(
    client: Client, body: dict[str, Any], status: int, code: str
) -> None:
    refused = await client.post(PATH, json=body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_receipts_need_the_permission_to_see_the_books(
    client: Client, tokens: dict[str, str], transfers: list[str]
) -> None:
    (receipt,) = await issue(client, transfers[0])
    client.headers["Authorization"] = f"Bearer {tokens['accounts:read']}"
    for path in (PATH, f"{PATH}/{receipt['number']}", f"{PATH}/{receipt['number']}/signature"):
        refused = await client.get(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    refused = await client.post(PATH, json={"transfers": transfers})
    assert refused.status_code == 403
