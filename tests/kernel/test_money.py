"""Amounts are exact, and whatever is not plainly an amount is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.kernel.money import (
    CURRENCIES,
    MAX_MINOR,
    Amount,
    AmountOutOfRange,
    InvalidAmount,
    UnknownCurrency,
    exponent,
)


@pytest.mark.parametrize(
    ("text", "code", "minor", "shown"),
    [
        ("1234.56", "CNY", 123_456, "1234.56"),
        ("1234.5", "CNY", 123_450, "1234.50"),
        ("1234", "CNY", 123_400, "1234.00"),
        ("0.01", "CNY", 1, "0.01"),
        ("-0.05", "CNY", -5, "-0.05"),
        ("0", "CNY", 0, "0.00"),
        ("500", "JPY", 500, "500"),
        ("1.234", "KWD", 1_234, "1.234"),
        ("1.2345", "CLF", 12_345, "1.2345"),
        ("1000000000000.00", "CNY", MAX_MINOR, "1000000000000.00"),
    ],
)
def test_an_amount_is_read_in_the_minor_unit_of_its_currency(
    text: str, code: str, minor: int, shown: str
) -> None:
    amount = Amount.parse(text, code)
    assert amount == Amount(minor, code)
    assert amount.text() == shown
    assert str(amount) == f"{shown} {code}"


@pytest.mark.parametrize(
    "text",
    ["", " ", ".", "1.", ".5", "+1", "1e3", "1,000", "1_000", " 1", "1 ", "1\n", "--1", "NaN", "inf", "0x1"]
    + ["１２", "١", "1.2.3", "1-", "-", "x" * 40, "1" * 40],
)
def test_what_is_not_plain_digits_is_refused(text: str) -> None:
    with pytest.raises(InvalidAmount):
        Amount.parse(text, "CNY")


@pytest.mark.parametrize("value", [1, 1.5, None, b"1", True, ["1"]])
def test_only_a_string_is_an_amount(value: object) -> None:
    with pytest.raises(InvalidAmount, match="string"):
        Amount.parse(value, "CNY")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "code"), [("1.234", "CNY"), ("1.230", "CNY"), ("1.0", "JPY"), ("1.2345", "KWD")]
)
def test_more_decimals_than_the_currency_has_are_refused(text: str, code: str) -> None:
    with pytest.raises(InvalidAmount, match="decimals"):
        Amount.parse(text, code)


def test_an_amount_past_64_bits_is_out_of_range() -> None:
    assert Amount.parse("92233720368547758.07", "CNY").minor == 2**63 - 1
    with pytest.raises(AmountOutOfRange):
        Amount.parse("92233720368547758.08", "CNY")


@pytest.mark.parametrize("code", ["", "cny", "XXX", "XAU", "DEM", "HRK", "CN", "人民币", None, 156])
def test_a_code_outside_the_table_is_an_unknown_currency(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        Amount.parse("1", code)


# Figures from ISO 4217 list one, by hand.
@pytest.mark.parametrize(
    ("code", "numeric", "decimals"),
    [("CNY", "156", 2), ("HKD", "344", 2), ("USD", "840", 2), ("EUR", "978", 2), ("JPY", "392", 0)]
    + [("KRW", "410", 0), ("KWD", "414", 3), ("BHD", "048", 3), ("CLF", "990", 4), ("ISK", "352", 0)],
)
def test_the_table_says_what_iso_4217_says(code: str, numeric: str, decimals: int) -> None:
    assert CURRENCIES[code].numeric == numeric
    assert CURRENCIES[code].exponent == exponent(code) == decimals


def test_every_currency_of_the_table_is_well_formed() -> None:
    assert len(CURRENCIES) == len({currency.numeric for currency in CURRENCIES.values()}) == 165
    for code, currency in CURRENCIES.items():
        assert code == currency.code
        assert len(code) == 3 and code.isascii() and code.isupper()
        assert len(currency.numeric) == 3 and currency.numeric.isdigit()
        assert 0 <= currency.exponent <= 4
        assert currency.name


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.sampled_from(sorted(CURRENCIES)))
def test_every_amount_is_read_back_from_its_text(minor: int, code: str) -> None:
    amount = Amount(minor, code)
    assert Amount.parse(amount.text(), code) == amount


@given(st.text())
def test_any_text_is_an_amount_or_is_refused(text: str) -> None:
    try:
        amount = Amount.parse(text, "CNY")
    except InvalidAmount:
        return
    assert set(text) <= set("-.0123456789")
    assert amount.text().lstrip("-").startswith(text.lstrip("-0").split(".")[0])
