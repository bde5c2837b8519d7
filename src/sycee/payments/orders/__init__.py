"""Payments as orders: instructed, screened, held, sent, settled, and every step of it kept."""

__all__: list[str] = []
