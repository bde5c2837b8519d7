"""Ids derived from a file: the same for the same thing, different for anything else."""

from __future__ import annotations

from msgspec.structs import replace

from sycee.payments.iso20022 import Party, read_payment_file
from sycee.payments.payment_ids import file_id, initiator_of, transfer_id
from tests.payments.market import file_of, market_file

FILE = read_payment_file(market_file("de.sepa.sct-salary.pain.001.001.09"))


def test_ids_are_uuids_of_version_8() -> None:
    for made in (file_id(FILE), transfer_id(FILE, FILE.instructions[0])):
        assert made.version == 8
        assert made.variant == "specified in RFC 4122"


def test_ids_do_not_change_between_releases() -> None:
    assert str(file_id(FILE)) == "72fbfb2c-5caa-876f-adb4-8f9895e60cba"
    assert str(transfer_id(FILE, FILE.instructions[0])) == "be64b294-0ac8-8177-967e-e38f84a79dba"


def test_a_transfer_id_depends_on_every_part() -> None:
    first = FILE.instructions[0]
    batch = replace(FILE.batches[0], id="OTHER")
    others = [
        transfer_id(FILE, FILE.instructions[1]),
        transfer_id(FILE, replace(first, position=1)),
        transfer_id(FILE, replace(first, end_to_end_id="OTHER")),
        transfer_id(FILE, replace(first, instruction_id="OTHER")),
        transfer_id(replace(FILE, batches=(batch,)), first),
        transfer_id(replace(FILE, message_id="OTHER"), first),
        transfer_id(replace(FILE, initiating_party=Party("OTHER")), first),
        transfer_id(FILE, first),
    ]
    assert len(set(others)) == len(others)


def test_parts_cannot_run_into_each_other() -> None:
    first = FILE.instructions[0]
    left = replace(first, instruction_id="AB", end_to_end_id="C")
    right = replace(first, instruction_id="A", end_to_end_id="BC")
    assert transfer_id(FILE, left) != transfer_id(FILE, right)


def test_an_initiating_party_is_known_by_its_registration_or_else_its_name() -> None:
    assert initiator_of(FILE) == "de98zzz09999999999"
    assert (
        initiator_of(read_payment_file(file_of([("1", "EUR")], initiator=" Sycee  TEST Ltd")))
        == "sycee test ltd"
    )
    nameless = replace(FILE, initiating_party=Party())
    assert initiator_of(nameless) == "DE09028457998082047609"
