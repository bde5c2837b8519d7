"""A capability may be one function over a class of parameters."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from sycee.components import InvalidCapability, Kind, Parameters, capability, key_of
from sycee.components.capabilities import declared


class Flat(Parameters, frozen=True, kw_only=True):
    """What a flat fee takes."""

    amount: Annotated[int, Meta(ge=0, description="Minor units an item.")]


@capability("fee.flat_by_function", version=1, kind=Kind.FEE, owner="pricing", zh="定额收费")
def flat_fee(parameters: Flat, items: int) -> int:
    """A flat fee an item

    So much for each.
    """
    return parameters.amount * items


def test_an_instance_of_a_function_capability_is_called_with_the_rest() -> None:
    condition = msgspec.convert({"amount": 500}, flat_fee)
    assert condition(3) == 1500  # type: ignore[operator]
    assert key_of(condition) == "fee.flat_by_function@1"


def test_a_function_capability_has_the_schema_of_its_parameters() -> None:
    (made,) = [one for one in declared(__name__) if one.name == "fee.flat_by_function"]
    assert (made.title, made.description) == ("A flat fee an item", "So much for each.")
    properties = made.schema()["$defs"]["flat_fee"]["properties"]
    assert properties["amount"]["description"] == "Minor units an item."
    with pytest.raises(msgspec.ValidationError, match="unknown field `price`"):
        msgspec.convert({"amount": 1, "price": 2}, flat_fee)


def test_a_function_without_parameters_of_its_own_is_no_capability() -> None:
    def charge(items: int) -> int:
        """A fee"""
        return items

    with pytest.raises(InvalidCapability, match="first parameter of charge"):
        capability("fee.odd", version=1, kind=Kind.FEE, owner="pricing", zh="收费")(charge)  # type: ignore[type-var]
