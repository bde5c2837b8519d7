"""Sample rates for demonstrations and tests: per cent a year, by key and first day.

Real rates are reference data of the bank, kept in its rate table; nothing here is read in production.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec


class SampleRate(msgspec.Struct, frozen=True):
    """A rate (per cent a year) of a key from a day on, until the next of the same key."""

    key: str
    start: date
    rate: Decimal


_FIRST, _CHANGE = date(2020, 1, 1), date(2026, 1, 1)
_RATES: dict[str, str] = {
    "CNY.demand": "0.25 0.20",
    "CNY.agreement": "1.15 0.90",
    "CNY.notice.1d": "0.80 0.70",
    "CNY.notice.7d": "1.35 1.10",
    "CNY.time.1m": "1.00 0.75",
    "CNY.time.3m": "1.35 0.95",
    "CNY.time.6m": "1.55 1.15",
    "CNY.time.1y": "1.75 1.35",
    "CNY.time.2y": "2.25 1.45",
    "CNY.time.3y": "2.75 1.75",
    "CNY.time.5y": "2.75 1.80",
    "CNY.cd.1m": "1.60 1.00",
    "CNY.cd.3m": "1.60 1.10",
    "CNY.cd.6m": "1.80 1.30",
    "CNY.cd.9m": "1.90 1.35",
    "CNY.cd.1y": "2.00 1.45",
    "CNY.cd.18m": "2.10 1.50",
    "CNY.cd.2y": "2.40 1.55",
    "CNY.cd.3y": "2.90 1.90",
    "CNY.cd.5y": "2.95 1.95",
    "CNY.shibor.1m": "2.10 1.55",
    "CNY.shibor.3m": "2.30 1.60",
    "CNY.shibor.6m": "2.40 1.65",
    "CNY.lpr.1y": "3.85 3.00",
    "CNY.internal.deposit": "0.80 0.60",
    "CNY.internal.loan": "3.20 2.50",
}
_FOREIGN: dict[str, str] = {
    "USD": "0.05 0.10 2.00 2.80 2.80 2.80 2.80 0.50",
    "EUR": "0.01 0.01 0.20 0.40 0.60 0.80 0.80 0.10",
    "HKD": "0.01 0.10 1.50 2.00 2.20 2.40 2.40 0.30",
    "JPY": "0.01 0.01 0.01 0.01 0.02 0.05 0.10 0.01",
    "GBP": "0.05 0.20 1.20 1.60 1.80 2.00 2.00 0.20",
    "AUD": "0.05 0.25 1.20 1.40 1.60 1.80 1.80 0.20",
    "CAD": "0.01 0.05 0.80 1.00 1.20 1.40 1.40 0.10",
    "SGD": "0.01 0.01 0.60 0.80 1.00 1.20 1.20 0.05",
    "CHF": "0.01 0.01 0.01 0.01 0.01 0.05 0.05 0.01",
}
_FOREIGN_KEYS = (
    "demand", "notice.7d", "time.1m", "time.3m", "time.6m", "time.1y", "time.2y", "agreement",
)  # fmt: skip

SAMPLE_RATES: tuple[SampleRate, ...] = (
    *(
        SampleRate(key, start, Decimal(rate))
        for key, rates in _RATES.items()
        for start, rate in zip((_FIRST, _CHANGE), rates.split(), strict=True)
    ),
    *(
        SampleRate(f"{currency}.{key}", _FIRST, Decimal(rate))
        for currency, rates in _FOREIGN.items()
        for key, rate in zip(_FOREIGN_KEYS, rates.split(), strict=True)
    ),
)
"""Every key that the library's products ask for, from 2020 on, with a change of the yuan's in 2026."""


def sample_rate_on(key: str, day: date) -> Decimal:
    """The sample rate of a key on a day. Raises KeyError when there is none."""
    found = [rate for rate in SAMPLE_RATES if rate.key == key and rate.start <= day]
    if not found:
        raise KeyError(f"{key} on {day}")
    return max(found, key=lambda rate: rate.start).rate
