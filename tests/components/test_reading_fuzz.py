"""Whatever a file holds, reading it ends in definitions, or in faults with a line inside of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sycee.components import Registry
from sycee.components.capabilities import capabilities_of
from sycee.components.yaml_files import read_source
from tests.components.kit import BASE, KIT, product

SOUND = (
    BASE + product("{interest: rate, fees: [fee.a]}", "  negotiable: {interest.rule: {one_of: [split]}}\n")
).encode()
MARKS = [b"&a ", b"*a", b"!x ", b"<<: ", b"? ", b"#", b"---\n", b"...\n", b"%YAML 1.2\n", b"|\n", b">-\n"]
SIGNS = [b"\t", b"\0", b"- ", b": ", b"{", b"}", b"[", b"]", b'"', b"'", b"@", b"`", b"\\", b"\n", b"  "]
ODD = [b"\xff", b"\r", b"\xe2\x80\xa8", b"\xef\xbb\xbf"]
WORDS = [
    b"~",
    b"null",
    b"+1",
    b".5",
    b"1e999",
    b"0x1",
    b"NaN",
    b".inf",
    b"2020-02-30",
    b"id",
    b"with",
    b"from",
]
SCRAPS = st.sampled_from(MARKS + SIGNS + ODD + WORDS)
EDITS = st.lists(st.tuples(st.integers(0, len(SOUND)), st.integers(0, 12), SCRAPS), min_size=1, max_size=6)


def _check(data: bytes) -> None:
    source = read_source("made.yaml", data)
    known = Registry(capabilities_of(KIT), [source])
    for fault in known.faults:
        assert fault.code
        assert fault.message
        assert 0 <= fault.line <= data.count(b"\n") + data.count(b"\r") + 1
        assert str(fault).startswith("made.yaml")


@settings(max_examples=400, deadline=None)
@given(EDITS)
def test_a_damaged_file_is_read_or_refused(edits: list[tuple[int, int, bytes]]) -> None:
    data = SOUND
    for place, length, scrap in edits:
        data = data[:place] + scrap + data[place + length :]
    _check(data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    _check(data)


@settings(max_examples=200, deadline=None)
@given(st.lists(SCRAPS, max_size=30))
def test_any_scraps_are_read_or_refused(scraps: list[bytes]) -> None:
    _check(b"".join(scraps))
