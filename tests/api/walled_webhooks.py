"""What a customer of the walled bank has of webhooks: an endpoint, and a delivery that waits."""

from __future__ import annotations

from sycee import operations
from sycee.database import Transaction
from sycee.identity import KeyFile
from sycee.kernel.ids import uuid7
from tests.products.deposits.counter import Holder

_KEYS = KeyFile({b"test": bytes(32)})


async def webhooks_of(tx: Transaction, holder: Holder) -> tuple[dict[str, str], str]:
    """The ids of both, by the names that paths give to them; and the secret of the endpoint."""
    new = operations.NewEndpoint(
        id=uuid7(),
        url=f"https://{holder.id.hex}.example.com/hooks",
        events=("payment.*",),
        customer=holder.id,
    )
    endpoint, secret, _ = await operations.register_webhook(tx, _KEYS, new, by="tests")
    delivery = await operations.ping_webhook(tx, endpoint.id, by="tests")
    return {"webhook_id": str(endpoint.id), "delivery_id": str(delivery.id)}, secret.text
