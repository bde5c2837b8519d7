"""Components as data: two persons, checked twice, kept for ever."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import psycopg
import pytest

from sycee.components import (
    Document,
    Ending,
    InvalidComponents,
    NewEnding,
    NothingProposed,
    ProposalDecided,
    ProposalNotFound,
    get_proposal,
    list_proposals,
    propose,
    registry,
    release,
    released_registry,
)
from sycee.database import Database
from sycee.kernel.ids import uuid7
from tests.components.proposing import DAY, GROWTH, document, growth, proposed, rate, released, spread

pytestmark = pytest.mark.usefixtures("acme")


async def test_what_is_proposed_counts_when_another_person_released_it(database: Database) -> None:
    made = await proposed(database)
    assert (made.state, made.proposed_by, made.release) == ("proposed", "ann", None)
    async with database.transaction() as tx:
        assert "growth" not in (await released_registry(tx)).products
        done = await release(tx, made.id, by="bob", remark="as agreed")
    assert (done.state, done.decided_by, done.remark, done.release) == ("released", "bob", "as agreed", 1)
    assert done.document == GROWTH
    assert await spread(database) == Decimal("0.15")
    async with database.transaction() as tx:
        known = await released_registry(tx)
    assert known.release == 1
    assert known.condition("rate.growth", DAY).source == f"proposal {made.id}"
    assert "growth" not in registry().products


async def test_the_database_keeps_whoever_proposed_from_releasing(database: Database) -> None:
    made = await proposed(database)
    with pytest.raises(psycopg.errors.CheckViolation, match="two_persons"):
        async with database.transaction() as tx:
            await release(tx, made.id, by="ann")


async def test_a_decided_proposal_stays_decided(database: Database) -> None:
    made = await released(database)
    with pytest.raises(ProposalDecided, match="was released by bob"):
        async with database.transaction() as tx:
            await release(tx, made.id, by="cyd")
    for statement in (
        "UPDATE component_proposals SET remark = 'else'",
        "DELETE FROM component_proposals",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="kept as they were decided"):
            async with database.transaction() as tx:
                await tx.execute(statement)


async def test_a_proposal_is_decided_as_it_was_proposed(database: Database) -> None:
    await proposed(database)
    with pytest.raises(psycopg.errors.RaiseException, match="decided as they were proposed"):
        async with database.transaction() as tx:
            await tx.execute("UPDATE component_proposals SET content = '{}'")


async def test_an_unknown_proposal_is_not_found(database: Database) -> None:
    with pytest.raises(ProposalNotFound):
        async with database.transaction() as tx:
            await release(tx, uuid7(), by="bob")


BAD: dict[str, tuple[Document, str, str]] = {
    "unknown capability": (
        document(conditions=[rate() | {"uses": "acme.intrest@1"}]),
        "unknown_capability",
        "",
    ),
    "bad parameters": (document(conditions=[rate(spread="much")]), "invalid_value", "with.tiers.0.spread"),
    "unknown condition": (document(products=[growth()]), "unknown_condition", "products.0.slots.interest"),
    "wrong kind": (
        document(conditions=[rate()], products=[growth(fees=["rate.growth"])]),
        "wrong_kind",
        "products.0.slots.fees",
    ),
    "overlap": (
        document(conditions=[rate("acme.rate", "2020-01-01")]),
        "overlapping_dates",
        "conditions.0.from",
    ),
    "before what is there": (
        document(conditions=[rate("acme.rate", "2019-01-01")]),
        "overlapping_dates",
        "conditions.0.from",
    ),
    "circle": (
        document(products=[{**growth(interest="acme.rate"), "base": "growth"}]),
        "circular_inheritance",
        "products.0.base",
    ),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_does_not_hold_is_not_taken(database: Database, name: str) -> None:
    said, code, field = BAD[name]
    with pytest.raises(InvalidComponents) as caught:
        await proposed(database, said)
    assert code in {fault.code for fault in caught.value.faults}
    assert field in caught.value.faults[0].field
    async with database.transaction() as tx:
        assert await list_proposals(tx) == []


async def test_an_empty_proposal_is_not_taken(database: Database) -> None:
    with pytest.raises(NothingProposed):
        await proposed(database, Document())


async def test_a_dry_run_checks_and_keeps_nothing(database: Database) -> None:
    async with database.transaction() as tx:
        made = await propose(tx, GROWTH, by="ann", reason="", dry_run=True)
        assert (made.state, made.document) == ("proposed", GROWTH)
        assert await list_proposals(tx) == []
    with pytest.raises(InvalidComponents):
        async with database.transaction() as tx:
            await propose(tx, document(products=[growth()]), by="ann", reason="", dry_run=True)


async def test_a_proposal_is_checked_again_when_it_is_released(database: Database) -> None:
    first, second = await proposed(database), await proposed(database)
    async with database.transaction() as tx:
        await release(tx, first.id, by="bob")
    with pytest.raises(InvalidComponents, match="overlaps"):
        async with database.transaction() as tx:
            await release(tx, second.id, by="bob")
    async with database.transaction() as tx:
        assert (await get_proposal(tx, second.id)).state == "proposed"
        assert (await released_registry(tx)).release == 1


async def test_a_new_version_ends_the_one_it_follows(database: Database) -> None:
    await released(database)
    made = await released(database, document(conditions=[rate(start="2026-07-01", spread="0.25")]))
    assert made.endings == (
        Ending(list="conditions", id="rate.growth", valid_from=date(2026, 1, 1), valid_to=date(2026, 7, 1)),
    )
    assert await spread(database, on=date(2026, 6, 30)) == Decimal("0.15")
    assert await spread(database, on=date(2026, 7, 1)) == Decimal("0.25")
    async with database.transaction() as tx:
        known = await released_registry(tx)
    assert known.resolve("growth", date(2026, 7, 1)).version == "2026-07-01"
    assert [version.valid_to for version in known.conditions.versions("rate.growth")] == [
        date(2026, 7, 1),
        None,
    ]


async def test_what_came_with_a_file_gets_its_next_version_from_a_proposal(database: Database) -> None:
    await released(database, document(conditions=[rate("acme.rate", "2026-07-01", "0.05")]))
    assert await spread(database, "acme-demand") == Decimal("0.10")
    assert await spread(database, "acme-demand", date(2026, 7, 1)) == Decimal("0.05")


async def test_a_condition_ends_by_a_day_unless_something_stands_on_it(database: Database) -> None:
    await released(database)
    end = NewEnding(list="conditions", id="rate.growth", valid_to=date(2026, 12, 31))
    with pytest.raises(InvalidComponents, match="not in force on 2026-12-31, and this is"):
        await proposed(database, Document(), end)
    ends = [end, NewEnding(list="products", id="growth", valid_to=date(2026, 12, 31))]
    made = await released(database, Document(), *ends)
    assert [ending.valid_from for ending in made.endings] == [date(2026, 1, 1)] * 2
    async with database.transaction() as tx:
        known = await released_registry(tx)
    assert known.products.on("growth", date(2026, 12, 30)) is not None
    assert known.products.on("growth", date(2026, 12, 31)) is None
    assert known.conditions.on("rate.growth", date(2026, 12, 31)) is None


@pytest.mark.parametrize(
    "end",
    [
        NewEnding(list="conditions", id="nothing", valid_to=DAY),
        NewEnding(list="products", id="rate.growth", valid_to=DAY),
        NewEnding(list="conditions", id="rate.growth", valid_to=date(2026, 1, 1)),
        NewEnding(list="conditions", id="rate.growth", valid_to=DAY, valid_from=date(2026, 1, 2)),
        NewEnding(list="conditions", id="rate.growth", valid_to=date.min),
        NewEnding(
            list="conditions", id="rate.growth", valid_to=date(2020, 1, 1), valid_from=date(2026, 1, 1)
        ),
    ],
    ids=["no such id", "another list", "before its start", "another start", "the first day", "backwards"],
)
async def test_an_end_of_nothing_is_not_taken(database: Database, end: NewEnding) -> None:
    await released(database)
    with pytest.raises(InvalidComponents):
        await proposed(database, Document(), end)


async def test_proposals_are_listed_newest_first_page_by_page(database: Database) -> None:
    made = [(await proposed(database)).id for _ in range(5)]
    async with database.transaction() as tx:
        first = await list_proposals(tx, limit=2)
        rest = await list_proposals(tx, before=first[-1].id)
        assert [one.id for one in (*first, *rest)] == made[::-1]
        assert await list_proposals(tx, state="released") == []
