"""Oneself: who one is to the bank, one's password and second factor."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.types import ASGIApp

from sycee import identity
from sycee.api import identity_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body
from sycee.api.edge import address_of, answer, caller_of, edge_of
from sycee.api.operations import JSON, describe
from sycee.api.routes.sessions import password_lasts
from sycee.api.schemas.identity import Me, OneTimeCode, PasswordChange, RecoveryCodes, SecondFactorSetup
from sycee.identity import Caller, SessionRequired

TAG = "Oneself"
_CHANGE = msgspec.json.Decoder(PasswordChange)
_CODE = msgspec.json.Decoder(OneTimeCode)
_SET_UP = {
    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "uri": "otpauth://totp/Sycee:li.wei?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Sycee",
}
_RECOVERY = {"recovery_codes": ["mzxw-6ytb-oi2s-4k3q", "nbsw-y3dp-eb3w-64tm"]}


@get(
    "/v1/me",
    opt=describe(
        id="get_me",
        summary="See who one is",
        description="Whoever asks, as the bank knows them, and what they may do by this session or token.",
        tag=TAG,
        signed_in=True,
        response=Me,
        example=examples.ME,
    ),
)
async def get_me(request: AnyRequest) -> ASGIApp:
    """See who one is."""
    return answer(await _me(request))


@post(
    "/v1/me/password",
    opt=describe(
        id="change_password",
        summary="Change one's password",
        description="Takes the old password, and a one-time code from those who have a device. Every other "
        "session of the person is ended. A password has 12 to 72 characters and is not easy to guess.",
        tag=TAG,
        signed_in=True,
        request=PasswordChange,
        request_example={"current": "four uncommon words", "new": "five other rarer words", "code": "492039"},
        response=Me,
        example=examples.ME,
        errors=(
            SessionRequired,
            identity.WeakPassword,
            identity.SignInRefused,
            identity.SecondFactorRequired,
            identity.LockedOut,
            identity.RateLimited,
        ),
    ),
)
async def change_password(request: AnyRequest) -> ASGIApp:
    """Change one's password."""
    caller, edge, address = _person(request), edge_of(request), address_of(request)
    need_content_type(request, JSON)
    body = await read_body(request, edge.settings.max_body_bytes)
    change = decode_json(body, _CHANGE)
    await edge.address_limits.count_sign_in(address)
    proof = identity.Proof(
        login="", password=change.current, code=change.code, recovery_code=change.recovery_code
    )
    await identity.change_password(
        edge.database,
        edge.keys,
        caller.session,
        caller.principal,
        proof,
        change.new,
        address=address,
        lasts=password_lasts(request),
    )
    edge.authenticator.forget(caller.principal)
    return answer(await _me(request))


@post(
    "/v1/me/second-factor",
    opt=describe(
        id="begin_second_factor",
        summary="Set up one's device",
        description="Makes the secret that an authenticator app turns into one-time codes (RFC 6238). It "
        "counts when it is confirmed with a code; until then, asking again makes another.",
        tag=TAG,
        signed_in=True,
        response=SecondFactorSetup,
        status=201,
        example=_SET_UP,
        errors=(SessionRequired, identity.SecondFactorExists),
    ),
)
async def begin_second_factor(request: AnyRequest) -> ASGIApp:
    """Set up one's device."""
    caller, edge = _person(request), edge_of(request)
    async with edge.database.transaction() as tx:
        known = await identity.get_principal(tx, caller.principal)
        setup = await identity.begin_second_factor(tx, edge.keys, known.id, known.login)
    return answer(SecondFactorSetup(secret=setup.secret, uri=setup.uri), status=201)


@post(
    "/v1/me/second-factor/confirm",
    opt=describe(
        id="confirm_second_factor",
        summary="Confirm one's device",
        description="From now on every sign-in needs a code. Answers with recovery codes, this once. Every "
        "other session of the person is ended.",
        tag=TAG,
        signed_in=True,
        request=OneTimeCode,
        request_example={"code": "492039"},
        response=RecoveryCodes,
        example=_RECOVERY,
        errors=(
            SessionRequired,
            identity.SecondFactorMissing,
            identity.SecondFactorExists,
            identity.SignInRefused,
        ),
    ),
)
async def confirm_second_factor(request: AnyRequest) -> ASGIApp:
    """Confirm one's device."""
    caller, edge = _person(request), edge_of(request)
    need_content_type(request, JSON)
    code = decode_json(await read_body(request, edge.settings.max_body_bytes), _CODE).code
    codes = await identity.confirm_device(edge.database, edge.keys, caller.session, caller.principal, code)
    edge.authenticator.forget(caller.principal)
    return answer(RecoveryCodes(recovery_codes=codes))


@post(
    "/v1/me/recovery-codes",
    opt=describe(
        id="renew_recovery_codes",
        summary="Make new recovery codes",
        description="Ten new ones, answered this once; the old ones are good for nothing any more.",
        tag=TAG,
        signed_in=True,
        request=OneTimeCode,
        request_example={"code": "492039"},
        response=RecoveryCodes,
        status=201,
        example=_RECOVERY,
        errors=(
            SessionRequired,
            identity.SecondFactorMissing,
            identity.SignInRefused,
            identity.LockedOut,
        ),
    ),
)
async def renew_recovery_codes(request: AnyRequest) -> ASGIApp:
    """Make new recovery codes."""
    caller, edge = _person(request), edge_of(request)
    need_content_type(request, JSON)
    code = decode_json(await read_body(request, edge.settings.max_body_bytes), _CODE).code
    codes = await identity.renew_recovery_codes(
        edge.database, edge.keys, caller.principal, code, address=address_of(request)
    )
    return answer(RecoveryCodes(recovery_codes=codes), status=201)


def _person(request: AnyRequest) -> Caller:
    caller = caller_of(request)
    if caller.session is None:
        raise SessionRequired("a machine has no password and no device; sign in as a person")
    return caller


async def _me(request: AnyRequest) -> Me:
    caller = caller_of(request)
    async with edge_of(request).database.transaction() as tx:
        known = await identity.get_principal(tx, caller.principal)
        password = await identity.stored_password(tx, known.id) if caller.session else None
        has_device = await identity.has_second_factor(tx, known.id)
        left = await identity.recovery_codes_left(tx, known.id)
    return Me(
        id=known.id,
        kind=known.kind.value,
        login=known.login,
        name=known.name,
        local_name=known.local_name,
        customer=known.customer,
        person=known.person,
        scopes=sorted(caller.scopes),
        session=caller.session,
        second_factor=caller.second_factor,
        must_change_password=password is not None and (password.must_change or password.is_over),
        must_set_up_second_factor=caller.session is not None and not has_device,
        recovery_codes_left=left,
    )


HANDLERS = [get_me, change_password, begin_second_factor, confirm_second_factor, renew_recovery_codes]
