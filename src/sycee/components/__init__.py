"""The registry of standardised components."""

__all__: list[str] = []
