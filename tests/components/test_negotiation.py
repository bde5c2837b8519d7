"""Choices: within bounds they are put in; anything else is refused, and bounds must fit what they bound."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sycee.components import (
    ChoiceMissing,
    ChoiceNotNegotiable,
    ChoiceOutOfBounds,
    Registry,
    ResolvedProduct,
)
from tests.components.kit import DAY, faults, loaded, product

SPREAD = "interest.tiers.0.spread"
SLOTS = "{interest: rate, fees: [fee.a, fee.b], tenor: tenor.3m}"
BOUNDS = """\
  negotiable:
    interest.tiers.0.spread: {min: "-0.10", max: "0.30", step: "0.05"}
    interest.rule: {one_of: [split, whole]}
    interest.least: {min: 0, max: 5}
    fees.1.amount: {max: 200}
    fees: {any_of: [fee.a, fee.b]}
    tenor: {one_of: [tenor.3m, tenor.6m]}
"""


@pytest.fixture
def known(tmp_path: Path) -> Registry:
    return loaded(tmp_path, product(SLOTS, BOUNDS))


TAKEN: dict[str, tuple[dict[str, Any], str, Any]] = {
    "text": ({SPREAD: "0.25"}, SPREAD, Decimal("0.25")),
    "the lowest": ({SPREAD: "-0.10"}, SPREAD, Decimal("-0.10")),
    "the highest": ({SPREAD: "0.3"}, SPREAD, Decimal("0.3")),
    "whole number": ({SPREAD: 0}, SPREAD, Decimal(0)),
    "decimal": ({SPREAD: Decimal("0.05")}, SPREAD, Decimal("0.05")),
    "one of": ({"interest.rule": "whole"}, "interest.rule", "whole"),
    "where nothing stood": ({"interest.least": 5}, "interest.least", 5),
    "second of a list": ({"fees.1.amount": 0}, "fees.1.amount", 0),
}


def value_at(made: ResolvedProduct, path: str) -> Any:
    slot, *steps = path.split(".")
    now: Any = made.all(slot) if slot == "fees" else made.one(slot)
    for step in steps:
        now = now[int(step)] if step.isdecimal() else getattr(now, step)
    return now


@pytest.mark.parametrize("name", TAKEN)
def test_a_choice_within_bounds_is_put_in_and_nothing_else_changes(known: Registry, name: str) -> None:
    choices, path, wanted = TAKEN[name]
    made, plain = known.resolve("made", DAY, choices), known.resolve("made", DAY)
    assert value_at(made, path) == wanted
    assert type(value_at(made, path)) is type(wanted)
    assert made.negotiated == choices
    for other in (
        SPREAD,
        "interest.rule",
        "interest.least",
        "fees.0.amount",
        "fees.1.amount",
        "tenor.months",
    ):
        assert other == path or value_at(made, other) == value_at(plain, other)


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "above": ({SPREAD: "0.35"}, ChoiceOutOfBounds, "from -0.10 up to 0.30 in steps of 0.05, not 0.35"),
    "below": ({SPREAD: "-0.1000001"}, ChoiceOutOfBounds, "not -0.1000001"),
    "between steps": ({SPREAD: "0.12"}, ChoiceOutOfBounds, "steps of 0.05"),
    "not a number": ({SPREAD: "NaN"}, ChoiceOutOfBounds, "finite"),
    "infinite": ({SPREAD: "-Infinity"}, ChoiceOutOfBounds, "finite"),
    "nothing": ({SPREAD: None}, ChoiceOutOfBounds, "does not fit"),
    "text for a number": ({SPREAD: "much"}, ChoiceOutOfBounds, "does not fit"),
    "list for a number": ({SPREAD: [1]}, ChoiceOutOfBounds, "does not fit"),
    "truth for a number": ({"interest.least": True}, ChoiceOutOfBounds, "does not fit"),
    "null where a number may be": ({"interest.least": None}, ChoiceOutOfBounds, "up to 5"),
    "not one of": ({"interest.rule": "none"}, ChoiceOutOfBounds, "one of split, whole, not none"),
    "below what the capability takes": ({"fees.1.amount": -1}, ChoiceOutOfBounds, "does not fit"),
    "not negotiable": (
        {"fees.0.amount": 1},
        ChoiceNotNegotiable,
        "negotiated; fees, fees.1.amount",
    ),
    "no such path": ({"interest.tiers.1.spread": "0"}, ChoiceNotNegotiable, "cannot be negotiated"),
    "no such slot": ({"colour": "red"}, ChoiceNotNegotiable, "cannot be negotiated"),
    "condition not offered": ({"tenor": "tenor.9m"}, ChoiceOutOfBounds, "one of tenor.3m, tenor.6m"),
    "list for one condition": ({"tenor": ["tenor.3m"]}, ChoiceOutOfBounds, "one of tenor.3m"),
    "number for a condition": ({"tenor": 3}, ChoiceOutOfBounds, "not 3"),
    "condition twice": ({"fees": ["fee.a", "fee.a"]}, ChoiceOutOfBounds, "a list of fee.a, fee.b"),
    "one of several unknown": ({"fees": ["fee.a", "rate"]}, ChoiceOutOfBounds, "a list of"),
    "place that went with a choice": (
        {"fees": ["fee.a"], "fees.1.amount": 5},
        ChoiceOutOfBounds,
        "does not fit",
    ),
    "slot that went with a choice": ({"fees": [], "fees.1.amount": 5}, ChoiceNotNegotiable, "not filled"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_choice_out_of_bounds_is_refused(known: Registry, name: str) -> None:
    choices, error, words = REFUSED[name]
    with pytest.raises(error) as caught:
        known.resolve("made", DAY, choices)
    assert words in str(caught.value)


def test_conditions_are_chosen_for_slots(known: Registry) -> None:
    made = known.resolve("made", DAY, {"tenor": "tenor.6m", "fees": ["fee.b"]})
    assert made.one("tenor").months == 6
    assert made.conditions["fees"] == ("fee.b",)
    assert "fees" not in known.resolve("made", DAY, {"fees": []}).slots


def test_a_required_choice_must_be_made(tmp_path: Path) -> None:
    bounds = "  negotiable: {tenor: {one_of: [tenor.3m, tenor.6m], required: true}}\n"
    known = loaded(tmp_path, product("{interest: rate}", bounds))
    with pytest.raises(ChoiceMissing, match=r"needs a choice for tenor: one of tenor\.3m, tenor\.6m"):
        known.resolve("made", DAY)
    assert known.resolve("made", DAY, {"tenor": "tenor.3m"}).one("tenor").months == 3


def test_a_snapshot_brings_the_same_product_back(known: Registry) -> None:
    choices = {SPREAD: "0.25", "interest.least": 5, "tenor": "tenor.6m"}
    made = known.resolve("made", DAY, choices)
    kept = msgspec.json.decode(msgspec.json.encode(made.as_data()))
    later = Registry(known.capabilities.values(), [])  # every condition is gone; the software is there
    assert ResolvedProduct.from_data(kept, later.parameters) == made


def test_a_child_may_close_what_its_base_left_open(tmp_path: Path) -> None:
    text = product(SLOTS, BOUNDS) + (
        "- {id: child, title: {en: C, zh: 丙}, from: 2020-01-01, base: made, "
        "negotiable: {interest.tiers.0.spread: null}}\n"
    )
    known = loaded(tmp_path, text)
    with pytest.raises(ChoiceNotNegotiable):
        known.resolve("child", DAY, {SPREAD: "0.25"})
    assert known.resolve("child", DAY, {"interest.least": 1}).one("interest").least == 1


# name: the slots, a bound, words of the fault
MISFITS: dict[str, tuple[str, str, str]] = {
    "no such field": (SLOTS, "interest.spred: {min: 0}", "there is no 'spred' in tiers, rule, least"),
    "no such place": (SLOTS, "interest.tiers.3.spread: {min: 0}", "a place from 0 to 0 is expected"),
    "into a plain value": (SLOTS, "interest.rule.x: {min: 0}", "there is no 'x' below split"),
    "no such slot": (SLOTS, "intrest.rule: {one_of: [split]}", "did you mean interest"),
    "slot not filled": (SLOTS, "notice.days: {min: 1}", "a slot that is not filled"),
    "no place in a list of conditions": (SLOTS, "fees.amount: {min: 1}", "fees.<place from 0>.<field>"),
    "place beyond the list": (SLOTS, "fees.2.amount: {max: 1}", "there are 2"),
    "the whole of a slot's parameters": (SLOTS, "fees.0: {min: 1}", "names a field inside"),
    "bounds of another type": (SLOTS, "tenor.months: {min: few}", "do not fit the field"),
    "bounds beyond the capability's": (SLOTS, "tenor.months: {min: 1, max: 99}", "do not fit the field"),
    "turned around": (SLOTS, "tenor.months: {min: 9, max: 3}", "min 9 is above max 3"),
    "no bounds": (SLOTS, "tenor.months: {}", "min, max or one_of are expected"),
    "a step of nothing": (SLOTS, "tenor.months: {min: 1, step: 0}", "a step above 0"),
    "what stands there is outside": (SLOTS, "tenor.months: {min: 4}", "without a choice it would be 3"),
    "what stands there is not offered": (SLOTS, "interest.rule: {one_of: [whole]}", "it would be split"),
    "slot with a range": (SLOTS, "tenor: {min: 1}", "the conditions to choose from are expected in one_of"),
    "any_of for one": (SLOTS, "tenor: {any_of: [tenor.3m]}", "expected in one_of"),
    "one_of for several": (SLOTS, "fees: {one_of: [fee.a]}", "expected in any_of"),
    "any_of for a value": (SLOTS, "tenor.months: {any_of: [3]}", "any_of is for a slot"),
    "unknown condition": (SLOTS, "tenor: {one_of: [tenor.3m, tenor.9m]}", "there is no condition tenor.9m"),
    "condition of another kind": (SLOTS, "tenor: {one_of: [rate]}", "rate is of kind interest"),
    "no condition at all": (SLOTS, "tenor: {one_of: [3]}", "names conditions, 3 is none"),
    "a path that one of the offered lacks": (
        SLOTS,
        "interest: {one_of: [rate, rate.two]}\n    interest.tiers.0.spread: {min: 0, max: 1}",
        "interest.tiers.0.spread with rate.two: there is no 'tiers'",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_bounds_that_do_not_fit_are_refused_when_loaded(tmp_path: Path, name: str) -> None:
    slots, bound, words = MISFITS[name]
    [found] = faults(tmp_path, product(slots, f"  negotiable:\n    {bound}\n"))
    assert found.line >= 8
    assert words in found.message, found


def test_an_inherited_path_that_a_new_condition_lacks_is_told_at_the_child(tmp_path: Path) -> None:
    text = product("{interest: rate}", f"  negotiable: {{{SPREAD}: {{min: 0, max: 1}}}}\n") + (
        "- {id: child, title: {en: C, zh: 丙}, from: 2020-01-01, base: made, slots: {interest: rate.two}}\n"
    )
    [found] = faults(tmp_path, text)
    assert (found.line, found.code) == (8, "negotiable_path")
    assert "child: interest.tiers.0.spread with rate.two" in found.message


def test_a_base_may_leave_bounds_for_slots_that_its_children_fill(tmp_path: Path) -> None:
    text = (
        "products:\n- id: base\n  title: {en: B, zh: 基}\n  from: 2020-01-01\n  abstract: true\n"
        "  negotiable: {tenor.months: {min: 1, max: 12}}\n"
        "- {id: good, title: {en: G, zh: 好}, from: 2020-01-01, base: base, group: group, "
        "slots: {tenor: tenor.3m}}\n"
    )
    assert loaded(tmp_path, text).resolve("good", DAY, {"tenor.months": 12}).one("tenor").months == 12
    bad = "- {id: bad, title: {en: X, zh: 坏}, from: 2020-01-01, base: base, group: group}\n"
    [found] = faults(tmp_path, text + bad)
    assert "bad: tenor.months leads into a slot that is not filled" in found.message


def test_bounds_are_checked_on_every_day_on_which_something_changes(tmp_path: Path) -> None:
    text = (
        "conditions:\n"
        "- {id: c, uses: kit.tenor@1, title: {en: A, zh: 甲}, from: 2020-01-01, to: 2022-01-01, "
        "with: {months: 3}}\n"
        "- {id: c, uses: kit.tenor@1, title: {en: A, zh: 甲}, from: 2022-01-01, with: {months: 36}}\n"
    ) + product("{tenor: c}", "  negotiable: {tenor.months: {min: 1, max: 12}}\n")
    [found] = faults(tmp_path, text)
    assert "without a choice it would be 36" in found.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
OPEN = """\
  negotiable:
    interest.tiers.0.spread: {min: "-0.10", step: "0.05"}
    interest.tiers: {one_of: [[{spread: "0.10"}], [{spread: "0.1"}, {above: 5}]]}
    interest.least: {one_of: [null, 1, 5]}
    fees: {any_of: [fee.a, fee.b]}
    tenor: {one_of: [tenor.3m, tenor.6m]}
"""


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([SPREAD, "interest.tiers", "interest.least", "fees", "tenor", "fees.x", "", "a.b"]),
    JSON | st.sampled_from(["1E+999999", "-1E-999999", "sNaN", "tenor.6m", ["fee.b"], [{"spread": "0.10"}]]),
)
def test_whatever_is_chosen_is_put_in_or_refused(path: str, value: Any) -> None:
    with TemporaryDirectory() as directory:
        known = loaded(Path(directory), product(SLOTS, OPEN))
    try:
        made = known.resolve("made", DAY, {path: value})
    except (ChoiceNotNegotiable, ChoiceOutOfBounds):
        return
    again = msgspec.json.decode(msgspec.json.encode(made.as_data()))
    assert ResolvedProduct.from_data(again, known.parameters).slots == made.slots
