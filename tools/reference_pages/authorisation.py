"""The authorisation matrix: every operation, the permission it needs, and which standard roles have that."""

from __future__ import annotations

import re
from importlib.resources import files

from sycee.api.app import HANDLERS
from sycee.api.operations import Operation
from sycee.api.reach import limited_by
from sycee.identity import SCOPES
from tools.reference_pages.markdown import code, opening, page, table

ROLE = re.compile(r"\('(\w+)', '(bank|customer)', '([^']+)', '([^']+)',\s*'\{([^}]+)\}'")
_ABOUT = """
Who may ask for what over the HTTP API. How it works is told in [Who may do what](../concepts/walls.md).

* **permission**: what a machine's scopes, or the roles that a person was given, must allow.
* **people of the bank**: the standard roles that allow it. A role may have been given for one customer, cell,
  branch, product or amount only.
  "machines only" is refused to people with `not_granted`: it passes by those who would have to agree.
* **limited by**: how an operation says whom it concerns, and so what a role with limits reaches. With
  "nothing", only a role without limits of customer, cell and branch allows it.
* **people of customers**: the standard roles that allow it, on their own customer's things alone; what
  belongs to somebody else is `404`, as if it were not there. "Bank only" is refused to them with `bank_only`,
  whatever they were given.

A bank may change these roles and make others; the table shows those that it starts with. A machine with the
scope `admin` may do everything: a machine of the bank everywhere, a machine of a customer what is open to
customers.
"""


def standard_roles() -> list[tuple[str, str, str, str, frozenset[str]]]:
    """Id, audience, titles and permissions of each role that a bank starts with."""
    text = files("sycee.identity").joinpath("sql", "standard_roles.sql").read_text(encoding="utf-8")
    return [
        (
            id,
            audience,
            title,
            local_title,
            frozenset(permissions.replace("\n", "").replace(" ", "").split(",")),
        )
        for id, audience, title, local_title, permissions in ROLE.findall(text)
    ]


def authorisation_page() -> str:
    """The page ``authorisation.md``."""
    roles = standard_roles()
    made_of = "the operations of sycee.api and the standard roles"
    lines = opening("Authorisation", made_of, _ABOUT.strip())
    lines += ["## Roles", ""]
    rows = [
        [code(id), title, local, audience, ", ".join(code(one) for one in sorted(permissions))]
        for id, audience, title, local, permissions in roles
    ]
    lines += table(["role", "title", "名称", "for people of", "permissions"], rows)
    by_tag: dict[str, list[list[str]]] = {}
    for handler in HANDLERS:
        operation: Operation | None = handler.opt.get("operation")
        if operation is None:
            continue
        (path,), (method,) = handler.paths, handler.http_methods
        plain = re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
        by_tag.setdefault(operation.tag, []).append(
            [code(f"{method} {plain}"), *_who(operation, plain, roles)]
        )
    columns = ["operation", "permission", "people of the bank", "limited by", "people of customers"]
    for tag, found in by_tag.items():
        lines += [f"## {tag}", "", *table(columns, found)]
    return page(lines)


def _who(
    operation: Operation, path: str, roles: list[tuple[str, str, str, str, frozenset[str]]]
) -> list[str]:
    if operation.signed_in:
        return ["none needed", "whoever is signed in, about themselves", "", "likewise"]
    if operation.scope is None:
        return ["none needed", "everybody", "", "everybody"]
    assert operation.scope in SCOPES
    allowed = {
        audience: ", ".join(
            code(id)
            for id, whose, _, _, permissions in roles
            if whose == audience and operation.scope in permissions
        )
        for audience in ("bank", "customer")
    }
    if operation.machines:
        allowed["bank"] = "machines only"
    customers = (allowed["customer"] or "none") if operation.customers else "Bank only"
    return [
        code(operation.scope),
        allowed["bank"] or "none",
        limited_by(operation, path) or "nothing",
        customers,
    ]
