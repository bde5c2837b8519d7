"""Products, packages, agreements, deposits and interest."""

__all__: list[str] = []
