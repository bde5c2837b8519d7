"""What hostile tests attack: the small bank of the API's tests, and a bank that sells classes of accounts."""

from tests.api.conftest import anonymous, bank, client, tokens
from tests.products.agreements.conftest import _components, office
from tests.products.agreements.test_movement_rules import signed, special

__all__ = ["_components", "anonymous", "bank", "client", "office", "signed", "special", "tokens"]
