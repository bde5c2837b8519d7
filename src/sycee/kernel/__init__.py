"""What every other package stands on: money, identifiers, time, errors. Standard library and msgspec only."""

__all__: list[str] = []
