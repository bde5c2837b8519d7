"""The database's posting against the model's, on random histories: same outcomes, same books, same reads."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sycee.database import Database
from tests.ledger.histories import (
    ALL,
    ORDINARY,
    PALETTE,
    Step,
    advances,
    changes,
    expiring,
    imports,
    lists,
    waits,
)
from tests.ledger.playing import Player
from tests.ledger.reading_back import check_all
from tests.long_runs import rounds

steps = st.lists(
    st.one_of(lists(ALL, linked=2), lists(ALL, linked=2), changes, advances), min_size=2, max_size=7
)
in_depth = st.tuples(st.one_of(st.integers(0, 5), st.integers(0, len(PALETTE) - 1)))
pages = st.integers(1, 7)


def histories(usual: int, long: int) -> settings:
    """How many histories to play. One database serves them all: each begins by clearing it."""
    return settings(
        max_examples=rounds(usual, long),
        deadline=None,
        print_blob=True,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    )


async def play(
    database: Database, drawn: list[Step], page: int, chosen: tuple[int, ...], *, funded: bool = True
) -> None:
    player = Player(database)
    await player.begin(funded=funded)
    await player.play(drawn)
    await check_all(player, page=page, chosen=chosen)


@histories(400, 40_000)
@given(drawn=st.lists(lists(ORDINARY), min_size=2, max_size=4), page=pages, chosen=in_depth)
async def test_ordinary_lists_are_posted_as_one_by_one(
    database: Database, drawn: list[Step], page: int, chosen: tuple[int, ...]
) -> None:
    await play(database, drawn, page, chosen)


@histories(750, 100_000)
@given(drawn=steps, page=pages, chosen=in_depth)
async def test_holds_reversals_groups_statuses_and_days_go_as_in_the_model(
    database: Database, drawn: list[Step], page: int, chosen: tuple[int, ...]
) -> None:
    await play(database, drawn, page, chosen)


@histories(400, 40_000)
@given(drawn=st.lists(lists(ALL, linked=6), min_size=2, max_size=4), page=pages, chosen=in_depth)
async def test_of_a_linked_group_all_is_posted_or_nothing(
    database: Database, drawn: list[Step], page: int, chosen: tuple[int, ...]
) -> None:
    await play(database, drawn, page, chosen)


@histories(100, 10_000)
@given(
    drawn=st.lists(
        st.one_of(
            lists(ALL, linked=1, shortest=65, longest=140), lists(ORDINARY, shortest=65, longest=200), changes
        ),
        min_size=1,
        max_size=3,
    ),
    page=st.integers(5, 70),
    chosen=in_depth,
)
async def test_long_lists_are_posted_as_one_by_one(
    database: Database, drawn: list[Step], page: int, chosen: tuple[int, ...]
) -> None:
    await play(database, drawn, page, chosen)


@histories(100, 10_000)
@given(
    drawn=st.lists(
        st.one_of(lists(ALL, linked=1, twists=expiring), lists(ALL, twists=expiring), waits),
        min_size=3,
        max_size=6,
    ),
    page=pages,
    chosen=in_depth,
)
async def test_holds_expire(
    database: Database, drawn: list[Step], page: int, chosen: tuple[int, ...]
) -> None:
    await play(database, drawn, page, chosen)


@histories(150, 20_000)
@given(
    drawn=st.lists(
        st.one_of(imports, imports, imports, lists(ALL, linked=1), changes), min_size=2, max_size=5
    ),
    page=pages,
    chosen=in_depth,
)
async def test_history_is_taken_over_with_its_own_dates(
    database: Database, drawn: list[Step], page: int, chosen: tuple[int, ...]
) -> None:
    player = Player(database)
    await player.begin(funded=False)
    await player.play(drawn)
    await check_all(player, page=page, chosen=chosen, instants=False)
