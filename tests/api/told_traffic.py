"""Traffic full of what may never be told: passwords, codes, tokens, names, amounts, account numbers.

Tests drive it against a real server, and look for the secrets in whatever the server says about itself.
"""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from sycee.database import Database
from sycee.identity import KeyFile
from sycee.kernel.ids import uuid7
from tests.api.wire import PAYEE, PAYER, money
from tests.identity.people import PASSWORD, Person, staff
from tests.parties.people import new_resident_id, new_uscc

COMPANY, LOCAL_NAME, PERSON = "Moonlit Harbour Trading", "月港贸易", "Ouyang Feng"
AMOUNT, REMITTANCE = "31.41", "for the seventh lantern"


class Traffic(msgspec.Struct):
    """What was answered, and what nobody may find elsewhere: always, and among technical records too."""

    answers: list[httpx.Response]
    secrets: dict[str, str]
    figures: dict[str, str]
    internal: httpx.Response
    """The answer of the request that the database refused, quoting a whole row."""


async def drive(url: str, bank: Database, keys: KeyFile, token: str) -> Traffic:
    """Sign in well and badly, register, pay, fail; return what came of it."""
    person = await staff(bank, keys, login="ouyang.feng", scopes=("accounts:read", "identity:read"))
    document, uscc = new_resident_id(), new_uscc()
    async with bank.transaction() as tx:
        await tx.execute("ALTER TABLE persons ADD CONSTRAINT nobody_new CHECK (name <> 'Ouyang Feng')")
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client:
        answers, session = await _sign_ins(client, person)
        wanted = {"name": COMPANY, "local_name": LOCAL_NAME, "uscc": uscc, "status": "active"}
        answers.append(await client.post("/v1/customers", json={"customers": [wanted]}))
        transfer = {"id": str(uuid7()), "debit": PAYER, "credit": PAYEE, "amount": money(AMOUNT)}
        transfer["description"] = REMITTANCE
        answers.append(await client.post("/v1/transfers", json={"transfers": [transfer]}))
        answers.append(await client.get(f"/v1/accounts/{PAYER}", headers={"X-Request-Id": "mine-1"}))
        answers.append(await client.get(f"/v1/accounts/{PAYEE}?text={COMPANY}"))
        answers.append(await client.get("/v1/accounts", headers={"Authorization": f"Bearer {token}x"}))
        new = {"name": PERSON, "document_number": document}
        internal = await client.post("/v1/persons", json={"persons": [new]})
    secrets = {
        "password": PASSWORD,
        "wrong password": PASSWORD[::-1],
        "one-time code": person.code(),
        "seed of codes": person.secret,
        "recovery code": person.recovery_codes[0],
        "token": token,
        "secret of the token": token.rpartition("_")[2],
        "session": session,
        "company": COMPANY,
        "local name": LOCAL_NAME,
        "person": PERSON,
        "document": document,
        "uscc": uscc,
        "remittance": REMITTANCE,
    }
    figures = {"payer": PAYER, "payee": PAYEE, "amount": AMOUNT, "minor units": AMOUNT.replace(".", "")}
    return Traffic([*answers, internal], secrets, figures, internal)


async def _sign_ins(client: httpx.AsyncClient, person: Person) -> tuple[list[httpx.Response], str]:
    """One that fails, one that succeeds, and a look at oneself; and the session's token."""
    said: dict[str, Any] = msgspec.to_builtins(person.proof())
    said = {name: value for name, value in said.items() if value is not None}
    failed = await client.post("/v1/sessions", json={**said, "password": PASSWORD[::-1]})
    opened = await client.post("/v1/sessions", json=said)
    session = str(opened.json()["token"])
    seen = await client.get("/v1/me", headers={"Authorization": f"Bearer {session}"})
    return [failed, opened, seen], session
