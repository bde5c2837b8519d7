"""The key file: made once, readable by its owner, and a secret is nobody's but whom it is about."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sycee.identity import KeyFile, KeyFileUnusable


def test_it_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.txt"
    sealed = KeyFile.at(path).encrypt(b"secret", "li")
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyFile.at(path).decrypt(sealed, "li") == b"secret"
    assert [one.name for one in path.parent.iterdir()] == ["keys.txt"]


def test_processes_that_race_make_one_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: KeyFile.at(path), range(8)))
    sealed = found[0].encrypt(b"secret", "li")
    assert all(one.decrypt(sealed, "li") == b"secret" for one in found)


def test_a_secret_moved_to_somebody_else_is_not_decrypted(tmp_path: Path) -> None:
    keys = KeyFile.at(tmp_path / "keys.txt")
    sealed = keys.encrypt(b"secret", "li")
    for wrong, about in ((sealed, "wang"), (sealed[:-1] + b"\x00", "li"), (sealed[:20], "li"), (b"", "li")):
        with pytest.raises(KeyFileUnusable):
            keys.decrypt(wrong, about)


def test_a_new_first_line_encrypts_and_the_old_ones_still_decrypt(tmp_path: Path) -> None:
    path, other = tmp_path / "keys.txt", tmp_path / "other.txt"
    old = KeyFile.at(path).encrypt(b"old", "li")
    KeyFile.at(other)
    path.write_text(other.read_text() + path.read_text())
    keys = KeyFile.at(path)
    new = keys.encrypt(b"new", "li")
    assert (keys.decrypt(old, "li"), KeyFile.at(other).decrypt(new, "li")) == (b"old", b"new")
    with pytest.raises(KeyFileUnusable, match="no key"):
        KeyFile.at(other).decrypt(old, "li")


@pytest.mark.parametrize(
    "text", ["", "x", "00112233 short", "0011 " + "A" * 43 + "=", "zz112233 " + "A" * 43 + "=", "é"]
)
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.txt"
    path.write_text(text)
    with pytest.raises(KeyFileUnusable):
        KeyFile.at(path)
    with pytest.raises(KeyFileUnusable):
        KeyFile.at(tmp_path)
