"""What the bank sells today: the released components, and the offers made from them so far."""

from __future__ import annotations

from sycee.components import released_registry
from sycee.database import Transaction
from sycee.products.agreements.offers import Offers

_offers: Offers | None = None


async def current_offers(tx: Transaction) -> Offers:
    """Offers from the components that are in force; begun anew when others are released."""
    global _offers  # noqa: PLW0603 -- one set of components to a process
    found = await released_registry(tx)
    if _offers is None or _offers.registry is not found:
        _offers = Offers(found)
    return _offers
