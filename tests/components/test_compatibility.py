"""A capability's parameters may grow but not break what was made for them; else a new version is needed."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from sycee.components import Kind, Parameters, check_published, compatibility
from sycee.components.capabilities import Capability
from sycee.components.compatibility import breaking, compare, published, schemas_text
from tests.components.kit import KIT
from tools import component_schemas


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step."""

    spread: Decimal = Decimal(0)


class WiderTier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step with more to say."""

    spread: Decimal = Decimal(0)
    cap: Decimal | None = None


class NarrowTier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step that needs more."""

    cap: Decimal
    spread: Decimal = Decimal(0)


def made(name: str = "some.thing", kind: Kind = Kind.FEE, **fields: Any) -> Capability:
    """A capability with these parameters: a type, or a type and a default."""
    given = [(key, *value) if isinstance(value, tuple) else (key, value) for key, value in fields.items()]
    cls = msgspec.defstruct(
        "Made", given, bases=(Parameters,), frozen=True, kw_only=True, forbid_unknown_fields=True
    )
    assert issubclass(cls, Parameters)
    return Capability(name, 1, kind, "tests", "Made", "新", "", cls)


OLD: dict[str, Any] = {
    "amount": Annotated[int, Meta(ge=0, le=100)],
    "rule": (Literal["a", "b"], "a"),
    "tiers": (tuple[Tier, ...], ()),
    "note": (str | None, None),
    "rates": (dict[str, int], {}),
}

FINE: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a further parameter with a default": {"more": (int, 0)},
    "wider bounds": {"amount": Annotated[int, Meta(ge=-1, le=200)]},
    "no bounds": {"amount": int},
    "a further value": {"rule": (Literal["a", "b", "c"], "a")},
    "any text": {"rule": (str, "a")},
    "a default where none was": {"amount": (Annotated[int, Meta(ge=0, le=100)], 5)},
    "another type beside": {"amount": Annotated[int, Meta(ge=0, le=100)] | str},
    "more inside": {"tiers": (tuple[WiderTier, ...], ())},
    "other words": {"amount": Annotated[int, Meta(ge=0, le=100, description="In minor units.")]},
}

BREAKING: dict[str, tuple[dict[str, Any], str]] = {
    "gone": ({"note": None}, "note is gone"),
    "new and needed": ({"more": int}, "more is new and must be given"),
    "needed now": ({"note": str | None}, "note must be given now"),
    "higher least": ({"amount": Annotated[int, Meta(ge=1, le=100)]}, "the bound minimum 1, before 0"),
    "lower most": ({"amount": Annotated[int, Meta(ge=0, le=99)]}, "the bound maximum 99, before 100"),
    "bound where none was": (
        {"note": (Annotated[str, Meta(max_length=5)] | None, None)},
        "note no longer takes",
    ),
    "value gone": ({"rule": (Literal["a"], "a")}, "rule no longer takes b"),
    "another default": ({"rule": (Literal["a", "b"], "b")}, "rule without a value meant 'a' and means 'b'"),
    "another type": ({"amount": str}, "amount was integer and is string"),
    "no null any more": ({"note": (str, "")}, "note no longer takes null"),
    "needed inside": ({"tiers": (tuple[NarrowTier, ...], ())}, "tiers[].cap is new and must be given"),
    "another type inside": ({"rates": (dict[str, str], {})}, "rates[] was integer and is string"),
    "a list of one at least": (
        {"tiers": (Annotated[tuple[Tier, ...], Meta(min_length=1)], ())},
        "the bound minItems 1",
    ),
}


def changed(change: dict[str, Any]) -> Capability:
    fields = {**OLD, **change}
    return made(**{name: value for name, value in fields.items() if value is not None})


@pytest.mark.parametrize("name", FINE)
def test_what_takes_as_much_as_before_may_change(name: str) -> None:
    assert breaking(published(made(**OLD)), published(changed(FINE[name]))) == []


@pytest.mark.parametrize("name", BREAKING)
def test_what_takes_less_than_before_is_refused_with_the_reason(name: str) -> None:
    change, words = BREAKING[name]
    kept = {"some.thing@1": published(made(**OLD))}
    [fault] = compare(kept, [changed(change)], "schemas.json")
    assert fault.code == "breaking_change"
    assert words in fault.message
    assert "declare some.thing version 2 beside it" in fault.message


def test_a_capability_of_another_kind_is_another_capability() -> None:
    kept = {"some.thing@1": published(made(**OLD))}
    [fault] = compare(kept, [made(kind=Kind.LIMIT, **OLD)], "schemas.json")
    assert "its kind changed from fee to limit" in fault.message


def test_a_published_capability_does_not_go() -> None:
    [fault] = compare({"some.thing@1": published(made(**OLD))}, [made("other", **OLD)], "schemas.json")
    assert (fault.code, fault.field) == ("capability_gone", "some.thing@1")


def test_the_file_has_a_line_for_each_and_is_read_back_as_it_was() -> None:
    capabilities = [made("b", **OLD), made("a", amount=int)]
    text = schemas_text(capabilities)
    assert [line[:5] for line in text.splitlines()] == ["{", '"a@1"', '"b@1"', "}"]
    assert compare(msgspec.json.decode(text), capabilities, "schemas.json") == []


def test_what_is_installed_keeps_to_what_was_published() -> None:
    assert check_published() == []
    assert component_schemas.main(["--check"]) == 0, "run make docs, and commit schemas.json"


def test_a_breaking_change_is_not_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    file = tmp_path / "schemas.json"
    before = schemas_text([made("kit.gone", **OLD)])
    file.write_text(before)
    monkeypatch.setattr(component_schemas, "ROOT", tmp_path)
    monkeypatch.setattr(compatibility, "package_directory", lambda _: tmp_path)
    assert component_schemas.main([]) == 1
    assert file.read_text() == before
    assert KIT
