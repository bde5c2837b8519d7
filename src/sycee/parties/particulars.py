"""What may be said of a legal entity, field by field: the checks that registering and changing share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sycee.kernel import money
from sycee.kernel.money import Amount
from sycee.parties.errors import InvalidCustomer
from sycee.parties.identifiers import credit_code, kept_text, legal_entity_identifier

LONGEST_NAME, LONGEST_ADDRESS = 200, 400

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_INDUSTRY = re.compile(r"[A-Z]?[0-9]{0,6}(\.[0-9]{1,4})*", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1000, 2999


def checked(field: str, value: Any) -> Any:
    """The value of a field in the form in which it is kept. Raises InvalidCustomer."""
    return CHECKS[field](value)


def _text(what: str, longest: int, *, needed: bool = False) -> Callable[[Any], str]:
    return lambda value: kept_text(value, what, longest, InvalidCustomer, needed=needed)


def _country(value: str) -> str:
    if not _COUNTRY.fullmatch(value):
        raise InvalidCustomer(f"{value[:20]!r} is not a country: two capitals of ISO 3166, such as CN")
    return value


def _industry(value: str) -> str:
    if not _INDUSTRY.fullmatch(value):
        raise InvalidCustomer(f"{value[:20]!r} is not an industry: a code of GB/T 4754, such as C2614")
    return value


def _capital(value: Amount | None) -> Amount | None:
    if value is not None:
        money.currency(value.currency)
        if not 0 <= value.minor <= money.MAX_MINOR:
            raise InvalidCustomer(f"a registered capital is from 0 to {money.MAX_MINOR} minor units")
    return value


def _established(value: date | None) -> date | None:
    if value is not None and not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise InvalidCustomer(f"no company of today was established in the year {value.year}")
    return value


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "name": _text("the name", LONGEST_NAME, needed=True),
    "local_name": _text("the local name", LONGEST_NAME),
    "uscc": lambda value: None if value is None else credit_code(value),
    "lei": lambda value: None if value is None else legal_entity_identifier(value),
    "registered_capital": _capital,
    "established_on": _established,
    "industry": _industry,
    "country": _country,
    "address": _text("the address", LONGEST_ADDRESS),
    "local_address": _text("the local address", LONGEST_ADDRESS),
}
"""The check of each field that may simply be stated; status, grade and parent have rules of their own."""
