"""``sycee component``: from a YAML file to a product that is sold, and what a broken file is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from sycee.database import Database, EmbeddedServer
from sycee.identity import Scope, issue_token
from sycee.kernel.ids import uuid7
from tests.api.served import Served
from tests.cli.conftest import Said
from tests.components.another_house import ACME

Sycee = Callable[..., Said]

GROWTH = """\
conditions:
- id: rate.growth
  uses: acme.interest@1
  title: {en: Rate for growing firms, zh: 成长企业利率}
  from: 2026-01-01
  with: {tiers: [{spread: "0.15"}, {above: 50000000, spread: "0.25"}]}
products:
- id: growth-demand
  title: {en: Demand deposit for growing firms, zh: 成长企业活期存款}
  from: 2026-01-01
  base: acme-demand
  slots: {interest: rate.growth}
"""


class Bank(msgspec.Struct):
    """A running bank, and how two of its people speak to it."""

    sycee: Sycee
    data_dir: Path
    url: str
    ann: str
    bob: str

    def says(self, *arguments: str, as_: str = "", code: int = 0) -> Said:
        said = self.sycee(self.data_dir, *arguments, "--url", self.url, "--token", as_ or self.ann)
        assert said.code == code, said.err + said.out
        return said

    def json(self, *arguments: str, as_: str = "") -> Any:
        return self.says(*arguments, "--json", as_=as_).json


@pytest.fixture(autouse=True, scope="module")
def _acme() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(ACME))
        yield


@pytest.fixture(scope="module")
def bank(
    sycee: Sycee,
    server: EmbeddedServer,
    template_database: str,
    tmp_path_factory: pytest.TempPathFactory,
    _acme: None,
) -> Iterator[Bank]:
    """One bank for all: starting it takes longer than what is asked of it."""
    name = f"components_{uuid7().hex}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY".encode())
        ann, bob = asyncio.run(_tokens(server.url(name)))
        directory = tmp_path_factory.mktemp("bank")
        with Served(server.url(name), directory / "server.log") as running:
            yield Bank(sycee, directory, running.url, ann, bob)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


async def _tokens(url: str) -> list[str]:
    scopes = [Scope.PRODUCTS_READ, Scope.PRODUCTS_PROPOSE, Scope.PRODUCTS_RELEASE]
    async with await Database.open(url, max_size=1) as database, database.transaction() as tx:
        return [(await issue_token(tx, name, scopes)).text for name in ("ann", "bob")]


def test_a_product_is_made_of_a_file_in_minutes(bank: Bank, tmp_path: Path) -> None:
    file = tmp_path / "growth.yaml"
    file.write_text(GROWTH, encoding="utf-8")
    assert (
        "would hold; nothing was kept"
        in bank.says("component", "propose", str(file), "--reason", "Growing firms", "--dry-run").out
    )
    kept = bank.json("component", "proposals", "--limit", "100")["proposals"]
    assert all(one["document"] == {} for one in kept)
    made = bank.json("component", "propose", str(file), "--reason", "Growing firms")
    refused = bank.says("component", "release", made["id"], code=1)
    assert "[own_approval]" in refused.err
    done = bank.json("component", "release", made["id"], "--remark", "as agreed", as_=bank.bob)
    assert (done["state"], done["release"]) == ("released", 1)
    found = bank.json("component", "list", "growth", "--sort", "product")["components"]
    assert [(one["id"], one["part_of"]) for one in found] == [("growth-demand", "acme-demand")]
    shown = bank.json("component", "show", "growth-demand")["product"]
    assert shown["slots"] == {"interest": ["rate.growth"], "fees": ["acme.fee.monthly"]}
    text = bank.says("component", "show", "growth-demand").out
    assert "成长企业活期存款" in text
    assert "slot interest" in text
    assert "rate.growth" in bank.says("component", "proposal", made["id"]).out


def test_a_component_is_ended_and_a_proposal_rejected_or_withdrawn(bank: Bank) -> None:
    end = ("component", "end", "package", "acme-starter", "--on", "2027-01-01", "--reason", "Old")
    first, second = bank.json(*end), bank.json(*end)
    assert first["endings"] == [
        {"list": "packages", "id": "acme-starter", "from": "2020-01-01", "to": "2027-01-01"}
    ]
    assert bank.json("component", "withdraw", first["id"])["state"] == "withdrawn"
    assert bank.json("component", "reject", second["id"], "--remark", "dear", as_=bank.bob)["state"] == (
        "rejected"
    )
    states = bank.says("component", "proposals").out
    assert "withdrawn" in states
    assert "rejected" in states
    assert len(bank.json("component", "proposals", "--state", "rejected")["proposals"]) >= 1


def test_components_are_listed_counted_and_shown(bank: Bank) -> None:
    listed = bank.says("component", "list", "示例", "--kind", "fee").out
    assert "acme.fee.monthly" in listed
    more = bank.json("component", "list", "acme", "--limit", "1")
    assert (len(more["components"]), more["more"]) == (1, True)
    counts = bank.json("component", "count")
    assert sum(kind["conditions"] for kind in counts["kinds"]) == counts["conditions"] >= 2
    assert "By kind" in bank.says("component", "count").out
    assert "acme.interest@1" in bank.says("component", "show", "acme.interest@1").out
    unknown = bank.says("component", "show", "acme.rat", code=1)
    assert "no component has the id acme.rat" in unknown.err
    assert "acme.rate" in unknown.err


def test_a_file_that_is_no_yaml_is_not_sent(bank: Bank, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("conditions: [\n")
    said = bank.says("component", "propose", str(file), "--reason", "x", code=1)
    assert f"{file}:2: YAML is expected" in said.err.replace("\n", "")


def test_lint_names_file_line_field_and_what_was_expected(
    sycee_alone: Sycee, data_dir: Path, tmp_path: Path
) -> None:
    file = tmp_path / "growth.yaml"
    file.write_text(GROWTH, encoding="utf-8")
    good = sycee_alone(data_dir, "component", "lint", str(file))
    assert (good.code, good.err) == (0, "")
    assert good.out.startswith("0 faults in ")
    file.write_text(GROWTH.replace('spread: "0.15"', "spraed: 1"), encoding="utf-8")
    bad = sycee_alone(data_dir, "component", "lint", str(tmp_path))
    assert bad.code == 1
    assert bad.out.splitlines()[0] == (
        f"{file}:6: conditions.0.with.tiers.0.spraed: rate.growth: there is no field spraed; "
        "did you mean spread? [unknown_field]"
    )
    told = sycee_alone(data_dir, "component", "lint", str(file), "--json").json
    assert [(fault["line"], fault["code"]) for fault in told["faults"]] == [(6, "unknown_field")]


def test_the_installed_components_hold(sycee_alone: Sycee, data_dir: Path) -> None:
    said = sycee_alone(data_dir, "component", "lint", "--json")
    assert said.json["faults"] == []
    assert said.json["counts"]["capabilities"] >= 2


def test_the_catalogue_tells_of_everything_in_both_languages(
    sycee_alone: Sycee, data_dir: Path, tmp_path: Path
) -> None:
    file, page = tmp_path / "growth.yaml", tmp_path / "catalogue.md"
    file.write_text(GROWTH, encoding="utf-8")
    assert sycee_alone(data_dir, "component", "catalogue", str(file), "--output", str(page)).code == 0
    text = page.read_text(encoding="utf-8")
    for wanted in (
        "### `acme.interest@1`",
        "`rate.growth`",
        "成长企业利率",
        "### `growth-demand`",
        "acme-starter",
    ):
        assert wanted in text
    assert sycee_alone(data_dir, "component", "catalogue", str(file)).out == text
    data = sycee_alone(data_dir, "component", "catalogue", str(file), "--json").json
    assert len(data["capabilities"]) == data["counts"]["capabilities"]
    [rate] = [one for one in data["conditions"] if one["id"] == "rate.growth"]
    assert rate["with"]["tiers"][1] == {"above": 50000000, "spread": "0.25"}
    file.write_text("products:\n- id: x\n")
    assert sycee_alone(data_dir, "component", "catalogue", str(file)).code == 1


def test_the_benchmark_reports_every_figure(sycee: Sycee, sycee_alone: Sycee, data_dir: Path) -> None:
    arguments = ("bench", "components", "--rounds", "2", "--components", "500")
    found = sycee_alone(data_dir, *arguments, "--json").json
    for name in ("load_s", "resolve_ms", "resolve_p99_ms", "refuse_s"):
        assert len(found["rounds"][name]) == 2
        assert found[name] >= 0
    assert found["sizes"]["conditions"] + found["sizes"]["products"] == 500
    assert "spread over rounds" in sycee(data_dir, *arguments).out
