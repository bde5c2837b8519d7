"""The authorisation matrix of the documentation, asked of the API: every operation × role × whose things."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from sycee.api.app import HANDLERS
from sycee.api.operations import Operation
from sycee.database import Database, EmbeddedServer
from sycee.identity import Audience, PrincipalKind, Role, list_roles
from sycee.kernel.ids import uuid7
from tests.api.small_bank import client_of
from tests.api.walks import GUARDED, ask, names_somebody
from tests.api.walled_bank import Owned, WalledBank
from tests.api.wire import Client
from tools.reference_pages.authorisation import standard_roles

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "reference" / "authorisation.md").read_text(encoding="utf-8")
each = pytest.mark.parametrize(
    ("method", "path", "operation"), GUARDED, ids=lambda one: getattr(one, "id", "")
)
_NAMES = re.compile(r"`(\w+)`")
_OF_A_CUSTOMER = re.compile(r"path: (?!cell)|query: customer")


class Line:
    """What the page says of an operation."""

    def __init__(self, method: str, path: str) -> None:
        plain = re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
        (found,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{method} {plain}` |")]
        _, _, permission, bank, limited_by, customers, _ = found.split("|")
        self.permission = permission.strip().strip("`")
        self.roles = {*_NAMES.findall(bank), *_NAMES.findall(customers)}
        self.bank_only = customers.strip() == "Bank only"
        self.by_body = limited_by.strip() == "body"
        self.reaches_customers = bool(_OF_A_CUSTOMER.match(limited_by.strip()))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walled(server: EmbeddedServer, template_database: str) -> AsyncIterator[WalledBank]:
    """The bank of this module."""
    name = f"matrix_{uuid7().hex}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}".encode())
        async with await Database.open(server.url(name), min_size=1, max_size=8) as database:
            yield await WalledBank.open(database)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(walled: WalledBank) -> AsyncIterator[Client]:
    """The API of this module's bank."""
    async with client_of(walled.database) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(walled: WalledBank) -> dict[tuple[str, str], str]:
    """A credential for every role: given without limits, and (to people of the bank) for silk alone."""
    silk = walled.silk.holder.id
    async with walled.database.transaction() as tx:
        roles: list[Role] = await list_roles(tx)
    made = {}
    for role in roles:
        if role.audience is Audience.CUSTOMER:
            made[role.id, "silk's"] = await walled.token(PrincipalKind.CUSTOMER_USER, role.id, of=silk)
        else:
            made[role.id, "everywhere"] = await walled.token(PrincipalKind.STAFF, role.id)
            made[role.id, "for silk"] = await walled.token(PrincipalKind.STAFF, role.id, customer=silk)
    return made


def expected(line: Line, role: str, reach: str, *, own: bool, named: bool) -> set[str | int]:
    """With which codes (or "allowed") an operation may answer, by what the page says."""
    if reach == "silk's" and line.bank_only:
        return {"bank_only"}
    if role not in line.roles:
        return {"not_granted"}
    if reach == "silk's":
        return {"allowed"} if own or not named else {404}
    if reach == "for silk" and not line.by_body and not (own and line.reaches_customers):
        return {"not_granted"}
    return {"allowed"}


BY_THE_THING = {"not_a_substitute", "not_an_approver", "not_the_maker"}
"""Refusals of one that a role would allow: they speak of what was done to this very thing before."""


def judged(response: Any) -> str | int:
    """What an answer comes to."""
    if response.status_code in (401, 403):
        code = str(response.json()["code"])
        return "allowed" if code in BY_THE_THING else code
    return 404 if response.status_code == 404 else "allowed"


@each
@pytest.mark.asyncio(loop_scope="module")
async def test_every_role_may_do_what_the_matrix_says_and_no_more(
    walled: WalledBank,
    client: Client,
    people: dict[tuple[str, str], str],
    method: str,
    path: str,
    operation: Operation,
) -> None:
    line = Line(method, path)
    assert line.permission == operation.scope
    things: list[tuple[bool, Owned]] = [(True, walled.silk), (False, walled.jade)]
    for (role, reach), token in people.items():
        for own, owned in things:
            # Without a body nothing is done: whoever may is told that one is missing. A stranger is told
            # that there is no such thing whatever he or she says.
            named = names_somebody(path, operation)
            empty = own or reach != "silk's" or not named
            response = await ask(client, token, method, path, operation, owned, empty=empty)
            wanted = expected(line, role, reach, own=own, named=named)
            found = judged(response)
            if wanted == {"allowed"} and found == 404:
                found = "allowed"  # nothing refused: there is no such thing (any more)
            assert found in wanted, (role, reach, own, response.text)


def test_the_page_lists_every_operation_once_and_the_roles_as_they_are_carried_in() -> None:
    assert len({(method, path) for method, path, _ in GUARDED}) == len(GUARDED)
    for method, path, _ in GUARDED:
        assert Line(method, path).permission
    for id, _, title, local_title, _ in standard_roles():
        assert f"| `{id}` | {title} | {local_title} |" in PAGE


def test_no_operation_that_is_open_to_customers_opens_a_transaction_of_its_own() -> None:
    """Only api.edge.transaction and api.idempotency.once do, and they know whose request it is."""
    open_operations = [
        handler
        for handler in HANDLERS
        if (operation := handler.opt.get("operation")) is not None and operation.customers
    ]
    assert len(open_operations) > 20
    for handler in open_operations:
        source = Path(inspect.getsourcefile(handler.fn) or "").read_text(encoding="utf-8")
        functions = [
            node
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.AsyncFunctionDef) and node.name == handler.fn.__name__
        ]
        assert functions
        used = {node.attr for one in functions for node in ast.walk(one) if isinstance(node, ast.Attribute)}
        assert "database" not in used, handler
