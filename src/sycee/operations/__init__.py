"""The banking day."""

__all__: list[str] = []
