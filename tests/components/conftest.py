"""A package of another house on the path, as if it had been installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.components.another_house import installed


@pytest.fixture
def acme() -> Iterator[None]:
    """The components of Acme are installed."""
    with installed():
        yield
