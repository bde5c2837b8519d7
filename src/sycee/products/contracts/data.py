"""A contract as data: everything that a signed package says, in both languages, ready to be shown.

It is made once, when an agreement is signed or changed, and kept word for word. ``digest`` is what both its
forms, JSON and PDF, are recognised by.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec


class Text(msgspec.Struct, frozen=True):
    """The same in English and in Chinese."""

    en: str
    zh: str


class Particular(msgspec.Struct, frozen=True):
    """One value that a condition sets, by the name of its parameter."""

    name: str
    value: str


class ContractTerm(msgspec.Struct, frozen=True, kw_only=True):
    """A condition of a product: which, what it is called, and the values it sets."""

    slot: str
    condition: str
    capability: str
    title: Text
    particulars: tuple[Particular, ...] = ()


class ContractRate(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the balance and its rate, in percent a year, as it was on the day of signing.

    ``above`` is an amount as text. ``rate`` is the rate table's value for ``rate_key`` plus ``spread``; None
    where the table has no rate for the day.
    """

    label: Text
    above: str
    rate_key: str | None
    spread: str
    rate: str | None


class ContractItem(msgspec.Struct, frozen=True, kw_only=True):
    """What the contract says about one product of the package.

    ``account`` has 18 digits; None in a preview, and for a product under which deposits are placed later.
    ``opens_account`` tells these two apart.
    """

    key: str
    product: str
    product_version: str
    title: Text
    form: str
    currency: str
    opens_account: bool
    account: str | None
    lies_over: str | None
    account_class: str | None
    purpose: str
    started_on: date
    ends_on: date | None
    rates: tuple[ContractRate, ...]
    negotiated: tuple[Particular, ...]
    terms: tuple[ContractTerm, ...]
    limits: tuple[ContractTerm, ...]
    channels: tuple[ContractTerm, ...]
    fees: tuple[ContractTerm, ...]


class ContractCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """The customer as it was registered when the contract was made.

    ``basic_elsewhere`` is the permit number of its basic account at another bank, if it has that.
    """

    id: UUID
    name: str
    local_name: str
    identifier: str
    address: str
    basic_elsewhere: str = ""


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """A signed package, or (``preview``) what would be signed. ``revision`` 1 is the contract as signed."""

    agreement: UUID
    revision: int
    kind: Literal["contract", "preview"]
    package: str
    package_version: str
    title: Text
    customer: ContractCustomer
    signers: tuple[str, ...]
    signed_on: date
    made_on: date
    items: tuple[ContractItem, ...]

    def document(self) -> bytes:
        """The contract as JSON, the same bytes for the same contract."""
        return msgspec.json.encode(self, order="deterministic")

    def digest(self) -> str:
        """SHA-256 of the document, in hexadecimal digits."""
        return hashlib.sha256(self.document()).hexdigest()


_DECODER = msgspec.json.Decoder(Contract)


def read_contract(document: bytes | str) -> Contract:
    """The contract that ``document`` wrote."""
    return _DECODER.decode(document)
