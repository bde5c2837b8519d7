"""What can go wrong with who somebody is and what they may do."""

from __future__ import annotations

from sycee.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated


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
