"""Who is asking, and what they may do: principals, their credentials, scopes."""

from sycee.identity.authentication import CACHE_TTL_S, Authenticator, authenticate
from sycee.identity.callers import Caller
from sycee.identity.errors import (
    InsufficientScope,
    InvalidPrincipal,
    InvalidToken,
    PrincipalClosed,
    PrincipalExists,
    PrincipalNotActive,
    PrincipalNotFound,
    TokenNotFound,
    UnknownScope,
)
from sycee.identity.principals import (
    NewPrincipal,
    Principal,
    PrincipalKind,
    PrincipalState,
    close_principal,
    create_principals,
    find_principals,
    get_principal,
    resume_principal,
    suspend_principal,
)
from sycee.identity.scopes import SCOPES, Scope
from sycee.identity.tokens import IssuedToken, Token, issue_token, list_tokens, revoke_token

__all__ = [
    "CACHE_TTL_S",
    "SCOPES",
    "Authenticator",
    "Caller",
    "InsufficientScope",
    "InvalidPrincipal",
    "InvalidToken",
    "IssuedToken",
    "NewPrincipal",
    "Principal",
    "PrincipalClosed",
    "PrincipalExists",
    "PrincipalKind",
    "PrincipalNotActive",
    "PrincipalNotFound",
    "PrincipalState",
    "Scope",
    "Token",
    "TokenNotFound",
    "UnknownScope",
    "authenticate",
    "close_principal",
    "create_principals",
    "find_principals",
    "get_principal",
    "issue_token",
    "list_tokens",
    "resume_principal",
    "revoke_token",
    "suspend_principal",
]
