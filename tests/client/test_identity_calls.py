"""The SDK's calls about identity, against a running bank."""

from __future__ import annotations

import time

import pyotp
import pytest
from joserfc.jwk import OKPKey

from sycee.client import (
    IssuedClient,
    NewPrincipal,
    NothingThere,
    ScopeMissing,
    StateConflict,
    Sycee,
    TokenRefused,
    TooOften,
)
from sycee.kernel.ids import uuid7
from tests.client.conftest import Service
from tests.identity.people import PASSWORD

NEW_PASSWORD = "violet-harbour-mustard-9"


async def test_a_person_signs_in_and_sees_to_their_credentials(bank: Sycee, service: Service) -> None:
    login = f"p{uuid7().hex}"
    (made,) = await bank.create_principals([NewPrincipal(kind="staff", login=login, name="Li Wei")])
    await bank.define_role("reader", "bank", "Reader", "查询员", ["accounts:read"])
    await bank.give_role(made.id, "reader", reason="new on the desk")
    assert await bank.principal(made.id) == made
    assert [one async for one in bank.principals(login=login)] == [made]
    first = (await bank.reset_credentials(made.id, "password", reason="new")).first_password
    assert first is not None
    async with Sycee(service.url, "nothing") as desk:
        opened = await desk.sign_in(login, first)
    async with Sycee(service.url, opened.token) as person:
        assert (await person.change_password(first, PASSWORD)).must_set_up_second_factor
        device = pyotp.TOTP((await person.begin_second_factor()).secret)
        codes = await person.confirm_second_factor(device.now())
        assert (await person.me()).scopes == ("accounts:read",)
        assert set(await person.renew_recovery_codes(device.at(time.time() + 30))).isdisjoint(codes)
        (session,) = await person.sessions()
        assert await bank.sessions_of(made.id) == [session]
        with pytest.raises(ScopeMissing):
            await person.principal(made.id)
        assert (await person.sign_out()).end_reason == "signed out"
        with pytest.raises(TokenRefused):
            await person.me()
    assert await bank.end_sessions(made.id, reason="x") == 0
    events = [one.event async for one in bank.security_events(principal=made.id, page=2)]
    assert events[-1] == "principal_created"
    assert "signed_in" in events
    async with Sycee(service.url, "nothing", retry_for_s=0.0) as desk:
        for _ in range(5):
            with pytest.raises(TokenRefused):
                await desk.sign_in(login, "wrong")
        with pytest.raises(TooOften) as locked:
            await desk.sign_in(login, PASSWORD)
    assert locked.value.code == "locked_out"


async def test_principals_are_moved(bank: Sycee) -> None:
    (made,) = await bank.create_principals(
        [NewPrincipal(kind="machine", login=f"m{uuid7().hex}", name="ERP", id=uuid7())]
    )
    assert (await bank.suspend_principal(made.id, reason="x")).state == "suspended"
    assert (await bank.resume_principal(made.id, reason="x")).state == "active"
    assert (await bank.close_principal(made.id, reason="x")).state == "closed"
    with pytest.raises(StateConflict):
        await bank.resume_principal(made.id, reason="x")
    with pytest.raises(NothingThere):
        await bank.principal(uuid7())


async def test_a_machine_gets_access_tokens_until_its_client_is_revoked(
    bank: Sycee, service: Service
) -> None:
    (machine,) = await bank.create_principals(
        [NewPrincipal(kind="machine", login=f"m{uuid7().hex}", name="ERP", scopes=("accounts:read",))]
    )
    issued = await bank.create_client(machine.id, "ERP", ["accounts:read"])
    signing = await bank.create_client(
        machine.id,
        "signs",
        ["accounts:read"],
        public_key=OKPKey.generate_key("Ed25519").as_dict(private=False),
    )
    assert isinstance(issued, IssuedClient)
    assert isinstance(signing, IssuedClient)
    assert (issued.secret is None, signing.secret is None) == (False, True)
    assert await bank.clients_of(machine.id) == [issued.client, signing.client]
    token = await bank.access_token(issued.client.id, issued.secret or "", scopes=["accounts:read"])
    assert (token.scope, token.expires_in) == ("accounts:read", 300)
    async with Sycee(service.url, token.access_token) as erp:
        assert (await erp.me()).id == machine.id
        assert (await bank.revoke_client(issued.client.id, reason="x")).revoked_at is not None
        with pytest.raises(TokenRefused):
            await erp.me()
    before = await bank.public_keys()
    made = await bank.rotate_signing_keys()
    assert {key["kid"] for key in await bank.public_keys()} >= {made.id, before[0]["kid"]}


async def test_the_security_log_is_verified(bank: Sycee) -> None:
    found = await bank.verify_security_log()
    assert found.breaks == []
    assert (await bank.verify_security_log({found.events: found.seal})).breaks == []
    broken = await bank.verify_security_log({found.events: "0" * 128})
    assert [one.position for one in broken.breaks] == [found.events]
