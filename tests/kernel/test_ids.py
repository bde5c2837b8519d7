"""Identifiers: ids grow within a process, account numbers carry their cell and a check digit."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.kernel.ids import (
    LAST_SERIAL,
    InvalidAccountNumber,
    account_number,
    cell_of,
    check_digit,
    parse_account_number,
    uuid7,
)

cells = st.integers(100, 999)
serials = st.integers(0, LAST_SERIAL)


def test_ids_made_one_after_another_grow() -> None:
    made = [uuid7() for _ in range(20_000)]
    assert all(earlier < later for earlier, later in pairwise(made))


def test_ids_are_version_7_with_the_present_time() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before - 1 <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_threads_make_no_id_twice() -> None:
    made: list[UUID] = []
    threads = [threading.Thread(target=lambda: made.extend(uuid7() for _ in range(5_000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 20_000


# The standard's own example of MOD 11,10: 0794 has the check digit 5.
def test_the_check_digit_is_that_of_iso_7064() -> None:
    assert check_digit("0794") == "5"


@given(cells, serials)
def test_an_account_number_is_read_back_with_its_cell(cell: int, serial: int) -> None:
    number = account_number(cell, serial)
    assert len(str(number)) == 18
    assert number < 2**63
    assert parse_account_number(str(number)) == number
    assert cell_of(number) == cell


@given(cells, serials, st.integers(3, 17), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(cell: int, serial: int, place: int, shift: int) -> None:
    digits = str(account_number(cell, serial))
    wrong = digits[:place] + str((int(digits[place]) + shift) % 10) + digits[place + 1 :]
    with pytest.raises(InvalidAccountNumber, match="check digit"):
        parse_account_number(wrong)


def test_spaces_are_passed_over() -> None:
    number = account_number(101, 42)
    digits = str(number)
    assert parse_account_number(f"{digits[:6]} {digits[6:12]} {digits[12:]}") == number


@pytest.mark.parametrize(
    "text", ["", "1", "1" * 17, "1" * 19, "１" * 18, "1" * 17 + "x", "0" * 18, "-" + "1" * 17]
)
def test_what_has_not_eighteen_digits_and_a_cell_is_refused(text: str) -> None:
    with pytest.raises(InvalidAccountNumber):
        parse_account_number(text)


@pytest.mark.parametrize(("cell", "serial"), [(99, 1), (1000, 1), (100, -1), (100, LAST_SERIAL + 1)])
def test_a_number_outside_the_scheme_cannot_be_made(cell: int, serial: int) -> None:
    with pytest.raises(InvalidAccountNumber):
        account_number(cell, serial)
