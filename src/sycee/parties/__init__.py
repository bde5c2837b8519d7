"""Customers and those who act for them."""

__all__: list[str] = []
