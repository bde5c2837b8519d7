"""What people read before they agree to an agreement or a change of one: lines in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from sycee.approvals import Line
from sycee.components import PackageDefinition, Registry
from sycee.parties import Customer, Person
from sycee.products.agreements.offers import Offer, OfferedItem, item_keys
from sycee.products.contracts import Contract, ContractItem

_NOTHING = "–"


def customer_line(customer: Customer, branch: str | None) -> Line:
    """Who it is for, and which branch keeps the relation."""
    local = customer.local_name or customer.name
    return Line(
        f"Customer: {customer.name}{f', branch {branch}' if branch else ''}",
        f"客户：{local}{f'（{branch}）' if branch else ''}",
    )


def package_line(offer: Offer) -> Line:
    """What is signed."""
    return Line(
        f"Package: {offer.title.en} ({offer.package}, version {offer.version})",
        f"套餐：{offer.title.zh}（{offer.package}，{offer.version}版）",
    )


def signers_line(signers: Sequence[Person]) -> Line:
    """Who signs for the customer."""
    return Line(
        f"Signed for the customer by: {', '.join(one.name for one in signers)}",
        f"客户签字人：{'、'.join(one.local_name or one.name for one in signers)}",
    )


def reason_line(reason: str) -> Line:
    """Why."""
    return Line(f"Reason: {reason}", f"原因：{reason}")


def signing_lines(
    components: Registry, offer: Offer, contract: Contract, on: date, choices_of: PackageDefinition
) -> Iterator[Line]:
    """What a signing opens, at which rates, and what differs from what the package has for everybody."""
    fixed = {key: part.choices for part in choices_of.items for key in item_keys(part)}
    drawn = {item.key: item for item in contract.items}
    for item in offer.items:
        yield _item_line(drawn[item.key])
        yield from _rate_lines(drawn[item.key])
        yield from _differing(components, item, on, fixed.get(item.key, {}))
    if contract.customer.basic_elsewhere:
        permit = contract.customer.basic_elsewhere
        yield Line(f"Basic account elsewhere: {permit}", f"他行基本存款账户：{permit}")


def revision_lines(before: Contract, after: Contract | None) -> Iterator[Line]:
    """What a change of an agreement comes to: what ends, what is added, which terms become which."""
    was = {item.key: item for item in before.items}
    becomes = {item.key: item for item in after.items} if after is not None else {}
    for key, item in was.items():
        if key not in becomes:
            closes = f", account {item.account} closes" if item.account else ""
            local = f"，账户{item.account}销户" if item.account else ""
            yield Line(f"{key}: {item.title.en} ends{closes}", f"{key}：{item.title.zh}终止{local}")
    for key, item in becomes.items():
        if key in was:
            yield from _changes(key, _terms(was[key]), _terms(item))
        else:
            yield _item_line(item)
            yield from _rate_lines(item)
            for one in item.negotiated:
                yield Line(f"{key}: {one.name} is {one.value}", f"{key}：{one.name}为{one.value}")


def _changes(
    key: str, before: Mapping[tuple[str, str], str], after: Mapping[tuple[str, str], str]
) -> Iterator[Line]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, _NOTHING), after.get(name, _NOTHING)
        if old != new:
            yield Line(f"{key}: {name[0]}: {old} → {new}", f"{key}：{name[1]}：{old} → {new}")


def _terms(item: ContractItem) -> dict[tuple[str, str], str]:
    """All that a contract says of an item, by what it is called."""
    found = {("version", "版本"): item.product_version, ("until", "到期日"): str(item.ends_on or _NOTHING)}
    found |= {(one.name, one.name): one.value for one in item.negotiated}
    for rate in item.rates:
        found[f"a year from {rate.above}", f"{rate.above}起年利率"] = f"{rate.rate or _NOTHING} %"
    for term in (*item.terms, *item.limits, *item.channels, *item.fees):
        for one in term.particulars:
            found[f"{term.title.en} {one.name}", f"{term.title.zh} {one.name}"] = one.value
    return found


def _item_line(item: ContractItem) -> Line:
    if item.opens_account:
        does, local = "opens an account", "开立账户"
    elif item.lies_over is not None:
        does, local = f"over the account of {item.lies_over}", f"依附于{item.lies_over}的账户"
    else:
        does, local = "deposits are placed under it later", "随后在其项下存入"
    until = item.ends_on
    return Line(
        f"{item.key}: {item.title.en}, {item.currency}: {does}{f' until {until}' if until else ''}",
        f"{item.key}：{item.title.zh}，{item.currency}，{local}{f'，至{until}' if until else ''}",
    )


def _rate_lines(item: ContractItem) -> Iterator[Line]:
    for rate in item.rates:
        shown = f"{rate.rate or _NOTHING} %"
        yield Line(
            f"{item.key}: {shown} a year from {rate.above}", f"{item.key}：{rate.above}起年利率{shown}"
        )


def _differing(components: Registry, item: OfferedItem, on: date, fixed: Mapping[str, Any]) -> Iterator[Line]:
    for path, value in sorted(item.choice.negotiated.items()):
        usual = components.standard(item.product.id, on, fixed, path)
        if _shown(usual) == _shown(value):
            continue
        given = _shown(value)
        if usual is None:
            yield Line(f"{item.key}: {path} is {given}", f"{item.key}：{path}为{given}")
        else:
            yield Line(
                f"{item.key}: {path} is {given}, the standard is {_shown(usual)}",
                f"{item.key}：{path}为{given}，标准为{_shown(usual)}",
            )


def _shown(value: Any) -> str:
    if value is None:
        return _NOTHING
    plain = msgspec.to_builtins(value)
    return ", ".join(str(one) for one in plain) if isinstance(plain, list | tuple) else str(plain)
