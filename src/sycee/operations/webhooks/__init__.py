"""Webhooks: events told to others' machines, signed, at least once, those of one subject in order.

Its front door is ``sycee.operations``. What happened writes the events (sql/webhook_events.sql); here is who
hears of them (endpoints, secrets), how they are told (sending) and what became of that (deliveries).
"""

__all__: list[str] = []
