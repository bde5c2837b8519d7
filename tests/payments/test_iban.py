"""Telling an IBAN from another account identification."""

from __future__ import annotations

import pytest

from sycee.payments.iso20022 import is_iban, read_payment_file
from tests.payments.market import PAIN001_FILES


@pytest.mark.parametrize("text", ["GB82WEST12345698765432", "DE89370400440532013000", "NO9386011117947"])
def test_published_examples_are_ibans(text: str) -> None:
    assert is_iban(text)


@pytest.mark.parametrize(
    "text",
    ["", "GB82", "GB83WEST12345698765432", "DE89 3704 0044", "12345678", "５5", "12345678@GBDSC200000"],
)
def test_anything_else_is_not(text: str) -> None:
    assert not is_iban(text)


def test_every_iban_of_the_corpus_is_one() -> None:
    for path in PAIN001_FILES:
        file = read_payment_file(path.read_bytes())
        for account in [item.creditor_account for item in file.instructions]:
            assert account.iban is None or is_iban(account.iban)
