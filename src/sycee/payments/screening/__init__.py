"""Screening of payments before funds move."""

__all__: list[str] = []
