"""Rails as dated data, and the choice among them."""

__all__: list[str] = []
