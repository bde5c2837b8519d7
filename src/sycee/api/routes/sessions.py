"""Sessions: sign in, see one's own, sign out."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath
from litestar.types import ASGIApp

from sycee import identity
from sycee.api import identity_conversions as conversions
from sycee.api import identity_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_uuid
from sycee.api.edge import address_of, answer, caller_of, edge_of
from sycee.api.errors import InvalidIdentifier
from sycee.api.operations import JSON, describe
from sycee.api.schemas.identity import OpenedSession, Session, Sessions, SignIn
from sycee.identity import Scope, SessionNotFound

TAG = "Sessions"
_SIGN_IN = msgspec.json.Decoder(SignIn)


def password_lasts(request: AnyRequest) -> timedelta | None:
    """How long a password that somebody chose is good for; None: for ever."""
    days = edge_of(request).settings.password_days
    return timedelta(days=days) if days is not None else None


@post(
    "/v1/sessions",
    opt=describe(
        id="sign_in",
        summary="Sign in",
        description="Opens a session for a person. When all that lacks is the one-time code, the answer is "
        "`second_factor_required`; otherwise it does not say what was wrong. After five failures in a row "
        "from an address the login waits there for 30 seconds, twice as long after each further one, an hour "
        "at most; after fifty from anywhere it waits wherever its person has not signed in of late.",
        tag=TAG,
        request=SignIn,
        request_example={"login": "li.wei", "password": "four uncommon words", "code": "492039"},
        response=OpenedSession,
        status=201,
        example={
            "session": examples.SESSION,
            "token": f"ses_{examples.SESSION_ID.replace('-', '')}_{'5e' * 32}",
            "must_change_password": False,
            "must_set_up_second_factor": False,
        },
        errors=(
            identity.SignInRefused,
            identity.SecondFactorRequired,
            identity.PrincipalNotActive,
            identity.LockedOut,
            identity.RateLimited,
        ),
    ),
)
async def sign_in(request: AnyRequest) -> ASGIApp:
    """Sign in."""
    need_content_type(request, JSON)
    edge, address = edge_of(request), address_of(request)
    body = await read_body(request, edge.settings.max_body_bytes)
    wanted = decode_json(body, _SIGN_IN)
    await edge.address_limits.count_sign_in(address)
    proof = identity.Proof(**msgspec.structs.asdict(wanted))
    agent = request.headers.get("user-agent", "")
    opened = await identity.sign_in(edge.database, edge.keys, proof, address=address, agent=agent)
    return answer(
        OpenedSession(
            session=conversions.session(opened.session),
            token=opened.token,
            must_change_password=opened.must_change_password,
            must_set_up_second_factor=opened.must_set_up_second_factor,
        ),
        status=201,
    )


@get(
    "/v1/sessions",
    opt=describe(
        id="list_sessions",
        summary="See one's own sessions",
        description="The open sessions of whoever asks, newest first.",
        tag=TAG,
        signed_in=True,
        response=Sessions,
        example={"sessions": [examples.SESSION]},
    ),
)
async def list_sessions(request: AnyRequest) -> ASGIApp:
    """See one's own sessions."""
    async with edge_of(request).database.transaction() as tx:
        found = await identity.sessions_of(tx, caller_of(request).principal)
    return answer(Sessions(sessions=[conversions.session(one) for one in found]))


@delete(
    "/v1/sessions/{session_id:str}",
    status_code=200,
    opt=describe(
        id="end_session",
        summary="Sign out",
        description="Ends a session: one's own (`current` is the one that asks), or anybody's with the scope "
        "`identity:write`. It is refused from the next request on; again is harmless.",
        tag=TAG,
        signed_in=True,
        response=Session,
        example={**examples.SESSION, "ended_at": "2026-03-31T01:20:00Z", "end_reason": "signed out"},
        errors=(SessionNotFound, InvalidIdentifier),
    ),
)
async def end_session(request: AnyRequest, session_id: FromPath[str]) -> ASGIApp:
    """Sign out."""
    caller, edge = caller_of(request), edge_of(request)
    if session_id == "current":
        if caller.session is None:
            raise SessionNotFound("you did not sign in: a token has no session")
        id = caller.session
    else:
        id = read_uuid(session_id)
    # A customer's caller ends its own alone; those of colleagues are ended with their principal's.
    everybodys = caller.allows(Scope.IDENTITY_WRITE) and caller.customer is None
    async with edge.database.transaction() as tx:
        ended = await identity.end_session(
            tx, id, by=caller.id, reason="signed out", of=None if everybodys else caller.principal
        )
    edge.authenticator.forget(ended.principal)
    return answer(conversions.session(ended))


HANDLERS = [sign_in, list_sessions, end_session]
