"""By which algorithms JWTs are signed and verified here: named one by one, never taken from the token.

RFC 9864 would have Ed25519 called ``Ed25519``; what is in use nearly everywhere is the older ``EdDSA``, which
the library warns of at every use. Its only fault is that it names two curves, and here the keys are of one.
"""

from __future__ import annotations

from collections.abc import Collection
from copy import copy

from joserfc.jws import JWSRegistry


def _without_warning(name: str) -> object:
    algorithm = copy(JWSRegistry.algorithms[name])
    algorithm.security_warning = None
    return algorithm


class Signatures(JWSRegistry):
    """A registry that knows ``EdDSA`` without complaint; ``names`` are the algorithms that it lets pass."""

    algorithms = {**JWSRegistry.algorithms, "EdDSA": _without_warning("EdDSA")}  # type: ignore[dict-item]  # noqa: RUF012 - as its base has it

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(algorithms=list(names))


ACCESS_TOKENS = Signatures(["EdDSA"])
"""What signs the bank's own access tokens."""

ASSERTIONS = Signatures(["EdDSA", "Ed25519", "ES256", "PS256"])
"""What clients may sign their assertions with."""
