"""Search, counts, packages and the components of other houses."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from sycee.components import (
    CapabilityNotFound,
    ChoiceNotNegotiable,
    ChoiceOutOfBounds,
    InterestTerms,
    InvalidCapability,
    Kind,
    Parameters,
    RateTier,
    capability,
    registry,
)
from tests.components.kit import DAY, KIT, loaded, product


def ids(found: list[object]) -> list[str]:
    return [str(getattr(one, "id", "")) for one in found]


def test_components_are_found_by_words_of_either_language(tmp_path: Path) -> None:
    known = loaded(tmp_path, product("{interest: rate}"))
    assert ids([*known.search("利率")]) == ["rate"]
    assert ids([*known.search("HIGH")]) == ["rate.high"]
    assert ids([*known.search("fee 费甲")]) == ["fee.a"]
    assert known.search("fee 利率") == []


def test_the_component_of_that_very_id_comes_first(tmp_path: Path) -> None:
    known = loaded(tmp_path, product("{interest: rate}"))
    assert ids([*known.search("rate")])[:3] == ["rate", "rate.high", "rate.two"]


def test_components_are_found_by_sort_kind_and_day(tmp_path: Path) -> None:
    known = loaded(tmp_path, product("{interest: rate}").replace("from: 2020-01-01", "from: 2027-01-01"))
    assert ids([*known.search(sort="product")]) == ["made"]
    assert known.search(sort="product", on=DAY) == []
    assert ids([*known.search(kind=Kind.TENOR)]) == ["kit.tenor@1", "tenor.3m", "tenor.6m"]
    assert ids([*known.search(kind=Kind.TENOR, sort="condition")]) == ["tenor.3m", "tenor.6m"]


def test_counts_are_by_sort_and_kind(tmp_path: Path) -> None:
    known = loaded(tmp_path, product("{interest: rate}"))
    assert known.count() == {
        "capabilities": len(KIT),
        "conditions": 7,
        "product_lines": 1,
        "product_groups": 1,
        "products": 1,
        "packages": 0,
    }
    kinds = known.count_by_kind()
    assert (kinds[Kind.INTEREST], kinds[Kind.FEE], kinds[Kind.SWEEP]) == ((2, 3), (1, 2), (0, 0))
    assert set(kinds) == set(Kind)


def test_another_house_adds_components_by_its_entry_point(acme: None) -> None:
    known = registry()
    assert known.capability("acme.interest", 1).owner == "acme"
    made = known.resolve("acme-demand", DAY, {"interest.tiers.0.spread": "0.30"})
    assert made.one("interest").tiers[0].spread == Decimal("0.30")
    assert known.condition("acme.rate", DAY).source == "acme_components/data/acme.yaml:4"


def test_the_components_of_a_house_go_with_it() -> None:
    with pytest.raises(CapabilityNotFound):
        registry().capability("acme.interest", 1)


def test_a_package_is_resolved_with_its_choices_and_the_customers(acme: None) -> None:
    made = registry().resolve_package("acme-starter", DAY, {"main": {"interest.tiers.0.spread": "0.05"}})
    spreads = [item.product.one("interest").tiers[0].spread for item in made.items]
    assert spreads == [Decimal("0.05"), Decimal("0.20")]
    assert [(item.key, item.optional, item.over) for item in made.items] == [
        ("main", False, None),
        ("second", True, "main"),
    ]
    assert made.item("second").product.negotiated == {"interest.tiers.0.spread": "0.20"}
    with pytest.raises(ChoiceNotNegotiable, match="no item third; its items are main, second"):
        registry().resolve_package("acme-starter", DAY, {"third": {}})
    with pytest.raises(ChoiceOutOfBounds):
        registry().resolve_package("acme-starter", DAY, {"second": {"interest.tiers.0.spread": "9"}})


def test_a_capability_is_declared_with_all_that_people_need() -> None:
    for name, zh, words in (("Bad Name", "新", "dotted"), ("good", "", "Chinese")):
        with pytest.raises(InvalidCapability, match=words):
            capability(name, version=1, kind=Kind.FEE, owner="tests", zh=zh)

    class Silent(Parameters, frozen=True, kw_only=True):
        pass

    with pytest.raises(InvalidCapability, match="docstring"):
        capability("silent", version=1, kind=Kind.FEE, owner="tests", zh="新")(Silent)


def test_the_same_capability_twice_is_a_fault(tmp_path: Path) -> None:
    from sycee.components import Registry
    from sycee.components.capabilities import Capability

    def declared(cls: type[Parameters]) -> Capability:
        return Capability("same", 1, Kind.FEE, "tests", "Same", "同", "", cls)

    [fault] = Registry([declared(KIT[0]), declared(KIT[1])], []).faults
    assert fault.code == "repeated_capability"


@pytest.mark.parametrize("bounds", [(), (5,), (0, 0), (0, 9, 5)])
def test_tiers_of_interest_start_at_nothing_and_ascend(bounds: tuple[int, ...]) -> None:
    tiers = tuple(RateTier(above=bound) for bound in bounds)
    with pytest.raises(ValueError, match="start at 0 and ascend"):
        InterestTerms("CNY", "actual/360", "split", "parts", tiers)
