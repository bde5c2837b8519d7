"""Who is asking, and what they may do: for now, machine tokens with scopes."""

from sycee.identity.tokens import (
    CACHE_TTL_S,
    SCOPES,
    Authenticator,
    InsufficientScope,
    InvalidToken,
    IssuedToken,
    Scope,
    Token,
    TokenNotFound,
    UnknownScope,
    authenticate,
    issue_token,
    list_tokens,
    revoke_token,
)

__all__ = [
    "CACHE_TTL_S",
    "SCOPES",
    "Authenticator",
    "InsufficientScope",
    "InvalidToken",
    "IssuedToken",
    "Scope",
    "Token",
    "TokenNotFound",
    "UnknownScope",
    "authenticate",
    "issue_token",
    "list_tokens",
    "revoke_token",
]
