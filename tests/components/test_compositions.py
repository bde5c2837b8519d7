"""Products and packages hold as a whole, on every day: what does not is refused with its name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sycee.components import (
    CapabilityNotFound,
    ConditionNotFound,
    PackageNotFound,
    ProductIsAbstract,
    ProductNotFound,
    SlotNotSingle,
)
from tests.components.kit import DAY, Fee, Interest, InterestOfTwo, faults, loaded, product

TITLE = "title: {en: A, zh: 甲}"


def condition(id: str, start: str, end: str = "", amount: int = 1, uses: str = "kit.fee@1") -> str:
    """A line of a list of conditions."""
    to = f", to: {end}" if end else ""
    return f"- {{id: {id}, uses: {uses}, {TITLE}, from: {start}{to}, with: {{amount: {amount}}}}}\n"


def simple(id: str, more: str) -> str:
    """A line of a list of products."""
    return f"- {{id: {id}, {TITLE}, from: 2020-01-01, group: group, {more}}}\n"


# name: text, the (line, code) of its faults, words of the first
REFUSED: dict[str, tuple[str, list[tuple[int, str]], str]] = {
    "overlapping dates": (
        "conditions:\n" + condition("c", "2020-01-01") + condition("c", "2021-01-01"),
        [(3, "overlapping_dates")],
        "c from 2021-01-01 overlaps the version from 2020-01-01 without an end",
    ),
    "overlap by a day": (
        "conditions:\n" + condition("c", "2021-01-01") + condition("c", "2020-01-01", "2021-01-02"),
        [(2, "overlapping_dates")],
        "until 2021-01-02",
    ),
    "the same start twice": (
        "conditions:\n"
        + condition("c", "2020-01-01", "2021-01-01")
        + condition("c", "2020-01-01", "2020-06-01"),
        [(3, "overlapping_dates")],
        "overlaps",
    ),
    "an id of the shared file again": (
        "conditions:\n" + condition("fee.a", "2022-01-01"),
        [(2, "overlapping_dates")],
        "base.yaml",
    ),
    "an end before the start": (
        "conditions:\n" + condition("c", "2020-01-01", "2020-01-01"),
        [(2, "invalid_dates")],
        "an end after its start 2020-01-01 is expected",
    ),
    "overlapping products": (
        "products:\n" + simple("p", "slots: {interest: rate}") + simple("p", "slots: {interest: rate}"),
        [(3, "overlapping_dates")],
        "p from 2020-01-01 overlaps",
    ),
    "unknown condition": (
        product("{interest: rte}"),
        [(6, "unknown_condition")],
        "made: there is no condition rte; did you mean rate",
    ),
    "unknown condition in a list": (
        product("{fees: [fee.a, fee.c]}"),
        [(6, "unknown_condition")],
        "there is no condition fee.c; did you mean fee.b or fee.a?",
    ),
    "condition not yet in force": (
        product("{fees: [c]}", "conditions:\n" + condition("c", "2024-01-01")),
        [(6, "unknown_condition")],
        "condition c is not in force on 2020-01-01, and this is",
    ),
    "condition that ends before the product": (
        product("{fees: [c]}", "conditions:\n" + condition("c", "2019-01-01", "2025-01-01")),
        [(6, "unknown_condition")],
        "not in force on 2025-01-01",
    ),
    "gap between versions": (
        product(
            "{fees: [c]}",
            "conditions:\n" + condition("c", "2019-01-01", "2021-01-01") + condition("c", "2021-01-02"),
        ),
        [(6, "unknown_condition")],
        "not in force on 2021-01-01",
    ),
    "wrong kind": (
        product("{interest: fee.a}"),
        [(6, "wrong_kind")],
        "interest takes a condition of kind interest, fee.a is of kind fee",
    ),
    "a later version of another kind": (
        product(
            "{fees: [c]}",
            "conditions:\n"
            + condition("c", "2019-01-01", "2021-01-01")
            + f"- {{id: c, uses: kit.tenor@1, {TITLE}, from: 2021-01-01, with: {{months: 1}}}}\n",
        ),
        [(6, "wrong_kind")],
        "c is of kind tenor",
    ),
    "unknown slot": (product("{intrest: rate}"), [(6, "unknown_slot")], "did you mean interest"),
    "a list in a slot for one": (
        product("{interest: [rate, rate.high]}"),
        [(6, "slot_not_single")],
        "interest takes one condition, not a list",
    ),
    "a condition twice": (product("{fees: [fee.a, fee.a]}"), [(6, "repeated_condition")], "fees names"),
    "unknown base": (
        "products:\n" + simple("p", "base: q"),
        [(2, "unknown_product")],
        "p: there is no product q",
    ),
    "base that ends first": (
        "products:\n"
        + simple("p", "base: q")
        + f"- {{id: q, {TITLE}, from: 2020-01-01, to: 2024-01-01, abstract: true}}\n",
        [(2, "unknown_product")],
        "product q is not in force on 2024-01-01",
    ),
    "itself as a base": (
        "products:\n" + simple("p", "base: p"),
        [(2, "circular_inheritance")],
        "the bases run in a circle: p → p",
    ),
    "a circle of three": (
        "products:\n" + simple("p", "base: q") + simple("q", "base: r") + simple("r", "base: p"),
        [(2, "circular_inheritance"), (3, "circular_inheritance"), (4, "circular_inheritance")],
        "p → q → r → p",
    ),
    "on top of a circle": (
        "products:\n" + simple("o", "base: p") + simple("p", "base: q") + simple("q", "base: p"),
        [(3, "circular_inheritance"), (4, "circular_inheritance")],
        "p → q → p",
    ),
    "unknown group": (
        f"products:\n- {{id: p, {TITLE}, from: 2020-01-01, group: groop}}\n",
        [(2, "unknown_group")],
        "there is no product group groop; did you mean group",
    ),
    "no group": (
        f"products:\n- {{id: p, {TITLE}, from: 2020-01-01}}\n",
        [(2, "missing_group")],
        "belongs to a group",
    ),
    "unknown line": (
        f"product_groups:\n- {{id: g, {TITLE}, line: lime}}\n",
        [(2, "unknown_line")],
        "there is no product line lime; did you mean line",
    ),
    "another group of the same id": (
        f"product_groups:\n- {{id: group, {TITLE}, line: line}}\n",
        [(2, "repeated_id")],
        "another product group group",
    ),
    "another line of the same id": (
        f"product_lines:\n- {{id: line, {TITLE}}}\n",
        [(2, "repeated_id")],
        "another product line line",
    ),
    "unknown product in a package": (
        f"packages:\n- {{id: k, {TITLE}, from: 2020-01-01, items: [{{key: a, product: nothing}}]}}\n",
        [(2, "unknown_product")],
        "k: there is no product nothing",
    ),
    "abstract product in a package": (
        "products:\n"
        + simple("p", "abstract: true")
        + f"packages:\n- {{id: k, {TITLE}, from: 2020-01-01, items: [{{key: a, product: p}}]}}\n",
        [(4, "product_is_abstract")],
        "p is a base",
    ),
    "key of an item twice": (
        "products:\n"
        + simple("p", "slots: {}")
        + f"packages:\n- id: k\n  {TITLE}\n  from: 2020-01-01\n  items:\n"
        "  - {key: a, product: p}\n  - {key: a, product: p}\n",
        [(8, "repeated_key"), (9, "repeated_key")],
        "the key a is there more than once",
    ),
    "over an item that is not there": (
        "products:\n"
        + simple("p", "slots: {}")
        + f"packages:\n- {{id: k, {TITLE}, from: 2020-01-01, items: [{{key: a, product: p, over: b}}]}}\n",
        [(4, "unknown_item")],
        "there is no item b",
    ),
    "over itself": (
        "products:\n"
        + simple("p", "slots: {}")
        + f"packages:\n- id: k\n  {TITLE}\n  from: 2020-01-01\n  items:\n"
        "  - {key: a, product: p, over: b}\n  - {key: b, product: p, over: a}\n",
        [(8, "circular_items"), (9, "circular_items")],
        "a lies over itself",
    ),
    "choice of a package out of bounds": (
        product("{interest: rate}", '  negotiable: {interest.tiers.0.spread: {min: "0", max: "0.2"}}\n')
        + f"packages:\n- id: k\n  {TITLE}\n  from: 2020-01-01\n  items:\n"
        '  - {key: a, product: made, choices: {interest.tiers.0.spread: "0.3"}}\n',
        [(13, "choice_out_of_bounds")],
        "from 0 up to 0.2",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_hold_is_refused_by_name(tmp_path: Path, name: str) -> None:
    text, wanted, words = REFUSED[name]
    found = faults(tmp_path, text)
    assert [(fault.line, fault.code) for fault in found] == wanted, found
    assert words in found[0].message


def test_versions_follow_one_another(tmp_path: Path) -> None:
    text = (
        "conditions:\n" + condition("c", "2021-01-01", amount=2) + condition("c", "2020-01-01", "2021-01-01")
    )
    known = loaded(tmp_path, text)
    assert known.condition("c", date(2020, 12, 31)).parameters == Fee(amount=1)
    assert known.condition("c", date(2021, 1, 1)).parameters == Fee(amount=2)
    with pytest.raises(ConditionNotFound, match="from 2020-01-01 until before 2021-01-01, from 2021-01-01"):
        known.condition("c", date(2019, 12, 31))
    assert known.count()["conditions"] == loaded(tmp_path).count()["conditions"] + 1


def test_a_slot_set_nearer_replaces_the_inherited_one_and_null_empties_it(tmp_path: Path) -> None:
    text = (
        "products:\n"
        + simple("p", "abstract: true, slots: {interest: rate, fees: [fee.a, fee.b], tenor: tenor.3m}")
        + simple("q", "base: p, slots: {fees: fee.b}")
        + simple("r", "base: q, slots: {interest: rate.high, tenor: null}")
    )
    made = loaded(tmp_path, text).resolve("r", DAY)
    assert made.conditions == {"interest": ("rate.high",), "fees": ("fee.b",)}
    assert (made.base, made.group, made.line) == (("q", "p"), "group", "line")
    assert made.one("interest").tiers[0].spread == Decimal("0.20")
    assert made.all("fees") == (Fee(amount=200),)
    assert made.get("tenor") is None
    with pytest.raises(SlotNotSingle, match="'tenor' of r holds 0 conditions"):
        made.one("tenor")


def test_a_slot_with_several_conditions_has_no_only_one(tmp_path: Path) -> None:
    made = loaded(tmp_path, product("{fees: [fee.b, fee.a]}")).resolve("made", DAY)
    assert made.all("fees") == (Fee(amount=200), Fee(amount=100))
    with pytest.raises(SlotNotSingle):
        made.get("fees")


def test_the_version_is_the_day_since_which_the_product_is_as_it_is(tmp_path: Path) -> None:
    text = (
        "conditions:\n"
        + condition("c", "2020-01-01", "2023-05-01")
        + condition("c", "2023-05-01", amount=2)
        + "products:\n"
        + f"- {{id: p, {TITLE}, from: 2020-01-01, to: 2022-01-01, group: group, slots: {{fees: [c]}}}}\n"
        + f"- {{id: p, {TITLE}, from: 2022-01-01, group: group, slots: {{fees: [fee.a, c]}}}}\n"
        + simple("q", "base: p")
    )
    known = loaded(tmp_path, text)
    versions = {
        day: known.resolve("q", date.fromisoformat(day)).version
        for day in ("2020-01-01", "2021-12-31", "2022-01-01", "2023-04-30", "2023-05-01", "2030-01-01")
    }
    assert versions == {
        "2020-01-01": "2020-01-01",
        "2021-12-31": "2020-01-01",
        "2022-01-01": "2022-01-01",
        "2023-04-30": "2022-01-01",
        "2023-05-01": "2023-05-01",
        "2030-01-01": "2023-05-01",
    }


def test_two_versions_of_a_capability_live_side_by_side(tmp_path: Path) -> None:
    text = "products:\n" + simple("p", "slots: {interest: rate}") + simple("q", "slots: {interest: rate.two}")
    known = loaded(tmp_path, text)
    assert isinstance(known.resolve("p", DAY).one("interest"), Interest)
    assert isinstance(known.resolve("q", DAY).one("interest"), InterestOfTwo)
    assert known.capability("kit.interest", 1).parameters is Interest
    assert known.capability("kit.interest", 2).parameters is InterestOfTwo


def test_a_base_is_not_sold_and_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    known = loaded(tmp_path, "products:\n" + simple("p", "abstract: true, slots: {interest: rate}"))
    with pytest.raises(ProductIsAbstract):
        known.resolve("p", DAY)
    with pytest.raises(ProductNotFound, match="there is no product q"):
        known.resolve("q", DAY)
    with pytest.raises(ProductNotFound, match="product p is not in force on 2019-12-31"):
        known.resolve("p", date(2019, 12, 31))
    with pytest.raises(PackageNotFound):
        known.resolve_package("k", DAY)
    with pytest.raises(CapabilityNotFound):
        known.capability("kit.interest", 3)


def test_a_base_may_change_under_a_product(tmp_path: Path) -> None:
    text = (
        "products:\n"
        f"- {{id: b, {TITLE}, from: 2020-01-01, to: 2022-01-01, abstract: true, slots: {{interest: rate}}}}"
        "\n"
        f"- {{id: b, {TITLE}, from: 2022-01-01, abstract: true, slots: {{interest: rate.high}}}}\n"
        + simple("p", "base: b")
    )
    known = loaded(tmp_path, text)
    assert known.resolve("p", date(2021, 12, 31)).conditions["interest"] == ("rate",)
    assert known.resolve("p", date(2022, 1, 1)).conditions["interest"] == ("rate.high",)
