"""Resolution against a naive model of it: plain dictionaries, every day looked at by itself."""

from __future__ import annotations

import json
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sycee.components import ChoiceNotNegotiable, ChoiceOutOfBounds, ProductNotFound, Registry
from tests.components.kit import KIT

FIRST = date(2020, 1, 1)
SPREAD = "interest.tiers.0.spread"
TITLE = {"en": "Made", "zh": "新"}
SLOTS: dict[str, list[str]] = {
    "interest": ["i.0", "i.1", "i.2"],
    "tenor": ["t.0", "t.1"],
    "fees": ["f.0", "f.1", "f.2"],
}
months = st.integers(0, 30)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@st.composite
def spans(draw: st.DrawFn) -> list[tuple[int, int | None]]:
    """Versions that cover every day from 0 on, one after another."""
    cuts = sorted(draw(st.sets(st.integers(1, 29), max_size=2)))
    return list(zip([0, *cuts], [*cuts, None], strict=True))


def dated(start: int, end: int | None) -> dict[str, str]:
    return {"from": day(start).isoformat(), **({"to": day(end).isoformat()} if end is not None else {})}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Conditions with versions, and a chain of products of which each version names its base."""
    conditions = []
    for id in [id for ids in SLOTS.values() for id in ids]:
        for start, end in draw(spans()):
            number = draw(st.integers(1, 9))
            uses, values = {
                "i": ("kit.interest@1", {"tiers": [{"spread": f"0.0{number}"}]}),
                "t": ("kit.tenor@1", {"months": number}),
                "f": ("kit.fee@1", {"amount": number}),
            }[id[0]]
            conditions.append({"id": id, "uses": uses, "title": TITLE, **dated(start, end), "with": values})
    products = []
    for place in range(draw(st.integers(1, 4))):
        for start, end in draw(spans()):
            slots: dict[str, Any] = {
                slot: draw(st.sampled_from(SLOTS[slot]) | st.none())
                for slot in draw(st.sets(st.sampled_from(["interest", "tenor"])))
            }
            if place == 0 and not slots.get("interest"):
                slots["interest"] = "i.0"
            elif slots.get("interest", 1) is None:
                del slots["interest"]
            if draw(st.booleans()):
                slots["fees"] = draw(st.lists(st.sampled_from(SLOTS["fees"]), unique=True))
            bounds: dict[str, Any] = {}
            if draw(st.booleans()):
                high = draw(st.integers(9, 20))
                bounds[SPREAD] = draw(st.just(None) | st.just({"min": "0.01", "max": f"0.{high:02}"}))
            base = {} if place == 0 else {"base": f"p.{draw(st.integers(0, place - 1))}"}
            products.append(
                {"id": f"p.{place}", "title": TITLE, "group": f"g.{place}", **dated(start, end), **base}
                | {"slots": slots, "negotiable": bounds}
            )
    groups = [{"id": f"g.{place}", "line": "l", "title": TITLE} for place in range(4)]
    lines = [{"id": "l", "title": TITLE}]
    return {
        "conditions": conditions,
        "products": products,
        "product_groups": groups,
        "product_lines": lines,
    }


def in_force(versions: list[dict[str, Any]], id: str, on: date) -> dict[str, Any]:
    """The version of an id on a day, by looking at all of them."""
    [found] = [
        one
        for one in versions
        if one["id"] == id and one["from"] <= on.isoformat() < one.get("to", "9999-12-31")
    ]
    return found


def naive(document: dict[str, Any], id: str, on: date, spread: str | None) -> dict[str, Any] | str:
    """What the product is, or the code of the refusal."""
    product = in_force(document["products"], id, on)
    if "base" in product:
        under = naive(document, product["base"], on, None)
        assert not isinstance(under, str)
    else:
        under = {"ids": {}, "bounds": {}, "starts": [], "group": None}
    ids = {**under["ids"], **product["slots"]}
    bounds = {**under["bounds"], **product["negotiable"]}
    filled = {slot: [named] if isinstance(named, str) else list(named or []) for slot, named in ids.items()}
    filled = {slot: named for slot, named in filled.items() if named}
    found = {
        slot: [in_force(document["conditions"], one, on) for one in named] for slot, named in filled.items()
    }
    values = {slot: [one["with"] for one in named] for slot, named in found.items()}
    if spread is not None:
        bound = bounds.get(SPREAD)
        if bound is None:
            return "choice_not_negotiable"
        if not Decimal(bound["min"]) <= Decimal(spread) <= Decimal(bound["max"]):
            return "choice_out_of_bounds"
        values["interest"] = [{"tiers": [{"spread": spread}]}]
    starts = [*under["starts"], product["from"]]
    return {
        "ids": ids,
        "bounds": bounds,
        "starts": starts,
        "group": product["group"],
        "filled": filled,
        "values": values,
        "version": max([*starts, *(one["from"] for named in found.values() for one in named)]),
    }


def seen(known: Registry, id: str, on: date, spread: str | None) -> dict[str, Any] | str:
    """What the registry says, in the model's words."""
    try:
        made = known.resolve(id, on, {} if spread is None else {SPREAD: spread})
    except (ChoiceNotNegotiable, ChoiceOutOfBounds) as error:
        return error.code
    values: dict[str, list[dict[str, Any]]] = {}
    for slot in made.slots:
        for one in made.all(slot):
            if slot == "interest":
                value: dict[str, Any] = {"tiers": [{"spread": str(one.tiers[0].spread)}]}
            else:
                value = {"months": one.months} if slot == "tenor" else {"amount": one.amount}
            values.setdefault(slot, []).append(value)
    filled = {slot: list(ids) for slot, ids in made.conditions.items()}
    return {"group": made.group, "filled": filled, "values": values, "version": made.version}


@settings(max_examples=60, deadline=None)
@given(
    documents(),
    st.lists(st.tuples(months, st.none() | st.integers(0, 25)), min_size=1, max_size=8),
)
def test_a_product_is_what_a_naive_reading_makes_of_it(
    document: dict[str, Any], questions: list[tuple[int, int | None]]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "made.yaml"
        file.write_text(json.dumps(document), encoding="utf-8")  # JSON is YAML
        known = Registry.load([file], KIT)
    for number, choice in questions:
        spread = None if choice is None else f"0.{choice:02}"
        for id in {one["id"] for one in document["products"]}:
            wanted = naive(document, id, day(number), spread)
            found = seen(known, id, day(number), spread)
            if isinstance(wanted, dict):
                assert isinstance(found, dict)
                assert found == {name: wanted[name] for name in found}, (id, day(number))
            else:
                assert found == wanted
    before = FIRST - timedelta(days=1)
    try:
        known.resolve("p.0", before)
    except ProductNotFound:
        return
    raise AssertionError("nothing is in force before the first day")
