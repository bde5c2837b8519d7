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
        yield _item_line(item)
        yield from _rate_lines(drawn[item.key])
        yield from _differing(components, item, on, fixed.get(item.key, {}))
    if contract.customer.basic_elsewhere:
        permit = contract.customer.basic_elsewhere
        yield Line(f"Basic account elsewhere: {permit}", f"他行基本存款账户：{permit}")


def item_lines(components: Registry, items: Sequence[OfferedItem], on: date) -> Iterator[Line]:
    """What further items open, and what was negotiated of them."""
    for item in items:
        yield _item_line(item)
        yield from _differing(components, item, on, {})


def change_lines(before: OfferedItem, after: OfferedItem) -> Iterator[Line]:
    """Which terms an arrangement has, and which it is to have."""
    title = before.product.title
    yield Line(f"{before.key}: {title.en}", f"{before.key}：{title.zh}")
    old, new = before.product.negotiated, after.product.negotiated
    for path in sorted({*old, *new}):
        if old.get(path) != new.get(path):
            yield _changed(f"{before.key} {path}", old.get(path), new.get(path))
    if before.choice.ends_on != after.choice.ends_on:
        yield _changed(f"{before.key} until", before.choice.ends_on, after.choice.ends_on)


def _changed(what: str, before: Any, after: Any) -> Line:
    text = f"{what}: {_shown(before)} → {_shown(after)}"
    return Line(text, text.replace(": ", "：", 1))


def _item_line(item: OfferedItem) -> Line:
    title, over = item.product.title, item.lies_over
    until = item.choice.ends_on
    if item.opens_account:
        does, local = "opens an account", "开立账户"
    elif over is not None:
        does, local = f"over the account of {over}", f"依附于{over}的账户"
    else:
        does, local = "deposits are placed under it later", "随后在其项下存入"
    return Line(
        f"{item.key}: {title.en}, {item.currency}: {does}{f' until {until}' if until else ''}",
        f"{item.key}：{title.zh}，{item.currency}，{local}{f'，至{until}' if until else ''}",
    )


def _rate_lines(item: ContractItem) -> Iterator[Line]:
    for rate in item.rates:
        shown = f"{rate.rate} %" if rate.rate is not None else _NOTHING
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
