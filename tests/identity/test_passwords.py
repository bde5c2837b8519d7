"""Passwords: long enough, not easy to guess, hashed by argon2id."""

from __future__ import annotations

import pytest

from sycee.identity import WeakPassword
from sycee.identity.passwords import first_password, hash_password, need_strong, verify_password


@pytest.mark.parametrize(
    "password",
    ["gravel-lantern-otter-27", "上海浦东发展一棵树九只猫", "qV7#pL2!xW9z", "correct horse battery"],
)
def test_a_long_uncommon_password_is_taken(password: str) -> None:
    need_strong(password, ["li.wei", "Li Wei"])


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 200,
        "password1234",
        "Password12345!",
        "qwertyuiop12",
        "aaaaaaaaaaaaaaaa",
        "123456789012",
        "wei.zhang@sycee1",
        "gravel-lantern\notter",
    ],
)
def test_a_short_or_common_password_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        need_strong(password, ["wei.zhang@sycee", "Wei Zhang"])


async def test_a_hash_is_argon2id_with_a_salt_of_its_own() -> None:
    first, second = await hash_password("gravel-lantern"), await hash_password("gravel-lantern")
    assert first.startswith("$argon2id$")
    assert first != second
    assert await verify_password(first, "gravel-lantern")
    assert not await verify_password(first, "gravel-lantern ")
    assert not await verify_password(None, "gravel-lantern")
    assert not await verify_password("not a hash", "gravel-lantern")


def test_a_first_password_is_strong_and_another_each_time() -> None:
    made = {first_password() for _ in range(100)}
    assert len(made) == 100
    for one in made:
        need_strong(one)
