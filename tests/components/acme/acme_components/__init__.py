"""Components of another house, as any installed package may bring them: the tests put it on the path."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from sycee.components import Kind, Parameters, capability


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step of the balance."""

    above: Annotated[int, Meta(ge=0)] = 0
    spread: Decimal = Decimal(0)


@capability("acme.interest", version=1, kind=Kind.INTEREST, owner="acme", zh="示例计息")
class AcmeInterest(Parameters, frozen=True, kw_only=True):
    """Interest as Acme pays it

    By tiers.
    """

    tiers: Annotated[tuple[Tier, ...], Meta(min_length=1, description="Ascending, from 0.")]


@capability("acme.fee", version=1, kind=Kind.FEE, owner="acme", zh="示例收费")
class AcmeFee(Parameters, frozen=True, kw_only=True):
    """A fee as Acme takes it"""

    amount: Annotated[int, Meta(ge=0, description="In minor units.")]
