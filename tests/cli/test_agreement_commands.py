"""``sycee agreement``, ``package`` and ``product``: against a served bank, and without one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sycee.cli import execute
from sycee.database import Database
from sycee.identity import (
    NewGrant,
    NewPrincipal,
    PrincipalKind,
    Scope,
    create_principals,
    grant_role,
    issue_token,
)
from sycee.ledger import create_cell
from tests.api.listening import Listening
from tests.products.agreements.offering import TODAY, Buyer, a_buyer, release_rates

Run = Callable[..., Any]
SCENARIO = """
product: agreement-deposit
start: 2026-04-01
end: 2026-04-30
choices: {interest.quota: "100000.00"}
balances: {2026-04-01: "2600000.00"}
rates: {demand: {2026-01-01: "0.20"}, agreement: {2026-01-01: "0.90"}}
"""


async def _found(url: str) -> tuple[str, Buyer]:
    async with await Database.open(url, max_size=1) as database, database.transaction() as tx:
        await create_cell(tx, 101, "Shanghai", TODAY)
        await release_rates(tx)
        return (await issue_token(tx, "test", [Scope.ADMIN])).text, await a_buyer(tx)


@pytest.fixture
def bank(database_url: str, tmp_path: Path) -> Iterator[tuple[str, str, Buyer]]:
    """The address of a served bank, a token for it, and a customer of it."""
    token, buyer = asyncio.run(_found(database_url))
    with Listening(database_url, tmp_path) as served:
        yield served.url, token, buyer


@pytest.fixture
def run(bank: tuple[str, str, Buyer], capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command against the bank and returns its exit code and its JSON."""
    url, token, _ = bank

    def command(*arguments: str) -> tuple[int, Any]:
        code = execute([*arguments, "--url", url, "--token", token, "--json"])
        said = capsys.readouterr()
        return code, msgspec.json.decode(said.out) if said.out else said.err

    return command


def test_an_agreement_lives_from_preview_to_end_on_the_command_line(
    run: Run, bank: tuple[str, str, Buyer], tmp_path: Path
) -> None:
    buyer, pdf = bank[2], tmp_path / "contract.pdf"
    signer = ["--signer", str(buyer.signer)]
    wanted = ["agreement", "sign", "settlement-starter", "--customer", str(buyer.id), *signer]
    code, preview = run(*wanted, "--dry-run", "--choose", "surplus.interest.spread=0.10")
    assert (code, preview["status"]) == (0, "preview")
    code, signed = run(*wanted, "--pdf", str(pdf))
    assert (code, signed["status"]) == (0, "signed")
    assert pdf.read_bytes().startswith(b"%PDF-")
    code, refused = run(*wanted)
    assert (code, refused["code"]) == (1, "basic_account_exists")
    id, why = signed["id"], ["--reason", "for the tests"]
    assert run("agreement", "extend", id, "--choose", "surplus", *signer, *why)[1]["revision"] == 2
    changed = run("agreement", "change", id, "surplus", "--set", "interest.spread=0.20", *signer, *why)[1]
    assert changed["items"][1]["negotiated"] == [{"name": "interest.spread", "value": "0.20"}]
    shown = run("agreement", "show", id)[1]
    assert [one["kind"] for one in shown["events"]] == ["extended", "changed"]
    assert run("agreement", "contract", id, "--revision", "1")[1]["revision"] == 1
    assert [one["id"] for one in run("agreement", "list", "--customer", str(buyer.id))[1]["agreements"]] == [
        id
    ]
    on = run("package", "customers", "settlement-starter")[1]["customers"]
    assert [one["agreement"] for one in on] == [id]
    code, moved = run("package", "move", "settlement-starter", *why)
    assert (code, [one["status"] for one in moved["moves"]]) == (0, ["current"])
    ended = run("agreement", "end", id, *signer, *why)[1]
    assert [one["key"] for one in ended["ended"]] == ["surplus", "main"]


def test_a_choice_that_says_nothing_is_a_misuse(run: Run, bank: tuple[str, str, Buyer]) -> None:
    wanted = ["agreement", "sign", "settlement-starter", "--customer", str(bank[2].id)]
    assert run(*wanted, "--choose", "surplus.interest.quota")[0] == 2
    assert run(*wanted, "--until", "capital")[0] == 2


def test_a_product_is_simulated_without_a_bank(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO)
    assert execute(["product", "simulate", str(scenario), "--json"]) == 0
    result = msgspec.json.decode(capsys.readouterr().out)
    assert result["interest"] == {"currency": "CNY", "value": "1891.67"}
    assert [line["days"] for line in result["settlements"][0]["lines"]] == [30, 30]
    assert execute(["product", "simulate", str(scenario)]) == 0
    assert "1891.67" in capsys.readouterr().out


def test_a_product_that_is_not_released_can_be_simulated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario, draft = tmp_path / "scenario.yaml", tmp_path / "draft.yaml"
    scenario.write_text(SCENARIO)
    draft.write_text(
        "products:\n- {id: draft, title: {en: Draft, zh: 草案}, from: 2026-01-01, base: agreement-deposit}\n"
    )
    command = ["product", "simulate", str(scenario), "--product", "draft", "--json"]
    assert execute([*command, "--components", str(draft)]) == 0
    assert msgspec.json.decode(capsys.readouterr().out)["product"] == "draft"
    assert execute(command) == 1
    assert "product_not_found" in capsys.readouterr().err
    scenario.write_text("- 1\n")
    assert execute(["product", "simulate", str(scenario)]) == 1
    assert "invalid_scenario" in capsys.readouterr().err


async def _employed(url: str) -> tuple[str, str]:
    """The tokens of an account manager and of a supervisor, who are two persons."""
    tokens = []
    async with await Database.open(url, max_size=1) as database, database.transaction() as tx:
        for role, scopes in (
            ("account_manager", [Scope.AGREEMENTS_WRITE, Scope.AGREEMENTS_READ, Scope.APPROVALS_READ]),
            ("supervisor", [Scope.APPROVALS_DECIDE, Scope.APPROVALS_READ]),
        ):
            new = NewPrincipal(kind=PrincipalKind.STAFF, login=role, name=role)
            (made,) = await create_principals(tx, [new], by="tests")
            await grant_role(tx, NewGrant(principal=made.id, role=role), by="tests", reason="for the tests")
            tokens.append((await issue_token(tx, role, scopes, principal=made.id)).text)
    return tokens[0], tokens[1]


def test_what_a_person_signs_waits_and_the_command_line_says_what_to_type_next(
    bank: tuple[str, str, Buyer], database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url, _, buyer = bank
    maker, checker = asyncio.run(_employed(database_url))

    def says(token: str, *arguments: str) -> tuple[int, str, str]:
        code = execute([*arguments, "--url", url, "--token", token])
        said = capsys.readouterr()
        return code, said.out, said.err

    signing = ["agreement", "sign", "settlement-starter", "--customer", str(buyer.id)]
    code, out, err = says(maker, *signing, "--signer", str(buyer.signer))
    assert (code, out.startswith("waiting: approval ")) == (0, True), err
    id = out.split()[-1]
    assert f"sycee approval show {id}" in err
    assert says(maker, "agreement", "show", id)[0] == 1
    code, out, err = says(checker, "approval", "approve", id)
    assert (code, "executed" in out) == (0, True), err
    assert says(maker, "agreement", "show", id)[0] == 0
