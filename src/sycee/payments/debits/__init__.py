"""Direct debits: mandates, debits under them, collections; its front door is ``sycee.payments``."""

__all__: list[str] = []
