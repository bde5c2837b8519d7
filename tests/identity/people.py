"""People and machines for the tests of identity: with passwords, devices and clients as in a real bank."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import UUID

import msgspec
import pyotp

from sycee.database import Database, Transaction
from sycee.identity import (
    Audience,
    KeyFile,
    NewGrant,
    NewPrincipal,
    NewRole,
    Principal,
    PrincipalKind,
    Proof,
    SignedIn,
    create_principals,
    define_role,
    grant_role,
    sign_in,
)
from sycee.identity.one_time_codes import begin_second_factor, confirm_second_factor
from sycee.identity.passwords import hash_password, store_password

PASSWORD = "gravel-lantern-otter-27"
ADDRESS = "203.0.113.7"


class Person(msgspec.Struct):
    """Somebody with a password and a device. ``recovery_codes`` are unused."""

    principal: Principal
    secret: str
    recovery_codes: list[str]

    @property
    def login(self) -> str:
        """The login."""
        return self.principal.login

    def code(self, steps_ahead: int = 1) -> str:
        """The device's code, of the next step: that of this one has confirmed the device."""
        return pyotp.TOTP(self.secret).at(time.time() + 30 * steps_ahead)

    def proof(self, **changes: str | None) -> Proof:
        """What the person says to sign in."""
        said: dict[str, str | None] = {"login": self.login, "password": PASSWORD, "code": self.code()}
        return msgspec.convert({**said, **changes}, Proof)


def keys_in(directory: Path) -> KeyFile:
    """A key file of the test's own."""
    return KeyFile.at(directory / "identity-keys.txt")


async def make(
    database: Database,
    login: str,
    *,
    kind: str = "staff",
    customer: UUID | None = None,
    scopes: tuple[str, ...] = (),
) -> Principal:
    """A principal without credentials."""
    held = scopes if kind == "machine" else ()
    new = NewPrincipal(
        kind=PrincipalKind(kind), login=login, name=login.title(), customer=customer, scopes=held
    )
    async with database.transaction() as tx:
        made = (await create_principals(tx, [new], by="tests"))[0]
        if kind != "machine" and scopes and "admin" not in scopes:
            await give_scopes(tx, made, scopes)
    return made


async def give_scopes(tx: Transaction, principal: Principal, scopes: tuple[str, ...]) -> None:
    """A role of exactly these permissions, given to a person."""
    audience = Audience.BANK if principal.customer is None else Audience.CUSTOMER
    role = NewRole(
        id=f"r{principal.id.hex}", audience=audience, title="Role", local_title="角色", permissions=scopes
    )
    await define_role(tx, role, by="tests")
    await grant_role(tx, NewGrant(principal=principal.id, role=role.id), by="tests", reason="for the tests")


async def give_password(database: Database, principal: UUID, password: str = PASSWORD) -> None:
    """A password that need not be changed."""
    hashed = await hash_password(password)
    async with database.transaction() as tx:
        await store_password(tx, principal, hashed, must_change=False, lasts=None)


async def staff(
    database: Database,
    keys: KeyFile,
    login: str = "li.wei",
    *,
    kind: str = "staff",
    customer: UUID | None = None,
    scopes: tuple[str, ...] = ("accounts:read",),
) -> Person:
    """A person with password and confirmed device."""
    principal = await make(database, login, kind=kind, customer=customer, scopes=scopes)
    await give_password(database, principal.id)
    async with database.transaction() as tx:
        setup = await begin_second_factor(tx, keys, principal.id, login)
        codes = await confirm_second_factor(tx, keys, principal.id, pyotp.TOTP(setup.secret).now())
    return Person(principal, setup.secret, codes)


async def enter(database: Database, keys: KeyFile, person: Person, **changes: str | None) -> SignedIn:
    """Sign in, with a code unless it is said otherwise."""
    return await sign_in(database, keys, person.proof(**changes), address=ADDRESS, agent="tests")
