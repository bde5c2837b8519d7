"""What can go wrong with who somebody is and what they may do."""

from __future__ import annotations

from sycee.kernel.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    SyceeError,
    TooManyRequests,
    Unauthenticated,
)


class InvalidToken(Unauthenticated):
    """The bearer token is not valid"""

    code = "invalid_token"


class PrincipalNotActive(Unauthenticated):
    """The principal is suspended or closed"""

    code = "principal_not_active"


class InsufficientScope(Forbidden):
    """The token lacks the scope that this needs"""

    code = "insufficient_scope"


class UnknownScope(InvalidInput):
    """There is no such scope"""

    code = "unknown_scope"


class TokenNotFound(NotFound):
    """There is no such token"""

    code = "token_not_found"


class InvalidPrincipal(InvalidInput):
    """A principal cannot be like that"""

    code = "invalid_principal"


class PrincipalNotFound(NotFound):
    """There is no such principal"""

    code = "principal_not_found"


class PrincipalExists(Conflict):
    """The login is taken"""

    code = "principal_exists"


class PrincipalClosed(Conflict):
    """The principal is closed for good"""

    code = "principal_closed"


class InvalidRole(InvalidInput):
    """A role cannot be like that"""

    code = "invalid_role"


class RoleNotFound(NotFound):
    """There is no such role"""

    code = "role_not_found"


class InvalidGrant(InvalidInput):
    """A role cannot be given like that"""

    code = "invalid_grant"


class OwnGrant(Forbidden):
    """Nobody gives a role to himself or herself"""

    code = "own_grant"


class GrantNotFound(NotFound):
    """There is no such grant"""

    code = "grant_not_found"


class NotGranted(Forbidden):
    """No role that was given reaches that far"""

    code = "not_granted"


class KeyFileUnusable(SyceeError):
    """The key file of the bank's secrets cannot be used"""

    code = "key_file_unusable"


class SignInRefused(Unauthenticated):
    """Login, password or code is wrong"""

    code = "sign_in_refused"


class SecondFactorRequired(Unauthenticated):
    """A one-time code is needed too"""

    code = "second_factor_required"


class LockedOut(TooManyRequests):
    """Too many attempts failed; wait before the next"""

    code = "locked_out"


class RateLimited(TooManyRequests):
    """Too many requests in too short a time"""

    code = "rate_limited"


class WeakPassword(InvalidInput):
    """The password is too easy to guess"""

    code = "weak_password"


class SecondFactorMissing(Conflict):
    """There is no second factor yet"""

    code = "second_factor_missing"


class SecondFactorExists(Conflict):
    """A second factor is set up already"""

    code = "second_factor_exists"


class SessionNotFound(NotFound):
    """There is no such session"""

    code = "session_not_found"


class SessionRequired(Forbidden):
    """Only a person who signed in may do this"""

    code = "session_required"


class InvalidClient(Unauthenticated):
    """The OAuth client is not known, or did not prove itself"""

    code = "invalid_client"


class InvalidTokenRequest(InvalidInput):
    """The request for an access token is not one"""

    code = "invalid_token_request"


class ClientNotFound(NotFound):
    """There is no such OAuth client"""

    code = "client_not_found"


class InvalidClientKey(InvalidInput):
    """The client's public key cannot be used"""

    code = "invalid_client_key"
