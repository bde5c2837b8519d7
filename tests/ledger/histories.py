"""Random histories of a small bank: what hypothesis draws, in terms that shrink and replay well.

A history is a list of steps; a step posts a list, changes an account, moves a business date or lets time
pass. Accounts are places in PALETTE, amounts are small and accounts few, so that floors, duplicates and
holds meet often. What an order acts on is told by how many transfers back it was.
"""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from sycee.ledger import AccountStatus
from tests.ledger.model_records import LARGEST_AMOUNT, ModelAccount

CELLS = (101, 102, 103)
# The accounts of every history: cell, and how it is opened.
PALETTE: tuple[tuple[int, ModelAccount], ...] = (
    (101, ModelAccount("CNY", 1, 0, "2011")),
    (101, ModelAccount("CNY", 1, -10, "2011")),
    (102, ModelAccount("CNY", 1, 0, "2012")),
    (103, ModelAccount("CNY", 1, -5, "2011")),
    (101, ModelAccount("CNY", -1, None, "1003")),
    (102, ModelAccount("CNY", -1, 0, "1003")),
    (101, ModelAccount("CNY", 1, None, "2011")),
    (101, ModelAccount("USD", 1, 0, "2011")),
    (102, ModelAccount("USD", -1, None, "1003")),
)
NOWHERE = (101_99999999999999_0, 999_00000000000001_0, 7)  # no such account; no such cell; no account number
FUNDED = ((4, 0, 20), (4, 2, 9), (8, 7, 5))  # debit, credit, amount: with this every history begins


class Order(NamedTuple):
    """What to ask for: a new transfer, an act on one ``back`` ones ago, or one of those said again."""

    what: str
    debit: int
    credit: int
    amount: int | None
    back: int
    linked: bool
    twist: int


class Post(NamedTuple):
    """Post a list."""

    orders: tuple[Order, ...]
    atomic: bool = False
    dry_run: bool = False
    restricted: bool = False


class Change(NamedTuple):
    """Change an account's status, or its floor; as a product does it, or as others do."""

    account: int
    status: AccountStatus | None
    floor: int | None
    restricted: bool = False


class Advance(NamedTuple):
    """Move a cell's business date."""

    cell: int
    days: int


class Wait(NamedTuple):
    """Let the holds that expire soon do so; then perhaps sweep them up."""

    sweep: bool


class Import(NamedTuple):
    """Import history: minutes ago, days ago, and the order."""

    orders: tuple[tuple[int, int, Order], ...]


Step = Post | Change | Advance | Wait | Import

ODD_AMOUNTS = (0, -1, -(2**63), None, LARGEST_AMOUNT, LARGEST_AMOUNT + 1, 2**63 - 1)
amounts = st.integers(0, 79).map(lambda drawn: ODD_AMOUNTS[drawn - 73] if drawn >= 73 else drawn % 12 + 1)
# Mostly the first accounts, so that they meet; past the palette come accounts that do not exist.
_PLACES = (
    (0, 1, 2, 3, 4, 5) * 5
    + tuple(range(len(PALETTE)))
    + (6, 7, 8)
    + tuple(range(len(PALETTE) + len(NOWHERE)))
)
ORDINARY = ("transfer",) * 12 + ("again", "reuse")
ALL = (
    ("transfer",) * 6
    + ("pending",) * 4
    + ("post",) * 3
    + ("void",) * 2
    + ("reversal",) * 2
    + ("again", "again", "reuse")
)


any_twist = st.integers(0, 23)


def orders(
    kinds: tuple[str, ...], *, linked: int = 0, twists: st.SearchStrategy[int] = any_twist
) -> st.SearchStrategy[Order]:
    """Orders of these kinds, ``linked`` in ten of them."""
    places = st.sampled_from(_PLACES)
    return st.builds(
        Order,
        what=st.sampled_from(kinds),
        debit=places,
        credit=places,
        amount=amounts,
        back=st.integers(0, 6),
        linked=st.integers(0, 9).map(lambda drawn: drawn >= 10 - linked) if linked else st.just(False),
        twist=twists,
    )


def lists(
    kinds: tuple[str, ...],
    *,
    linked: int = 0,
    shortest: int = 1,
    longest: int = 40,
    twists: st.SearchStrategy[int] = any_twist,
) -> st.SearchStrategy[Post]:
    """Lists to post, some of them atomic, some of them dry runs, some of them a product's."""
    one_in_ten = st.integers(0, 9).map(lambda drawn: drawn == 9)
    drawn = st.lists(orders(kinds, linked=linked, twists=twists), min_size=shortest, max_size=longest).map(
        tuple
    )
    return st.builds(Post, drawn, one_in_ten, one_in_ten, st.integers(0, 3).map(lambda drawn: drawn == 3))


# An agreement alone supervises an account.
_given = st.sampled_from([status for status in AccountStatus if status is not AccountStatus.SUPERVISED])
changes = st.one_of(
    st.builds(Change, st.integers(0, len(PALETTE) - 1), _given, st.none(), st.booleans()),
    st.builds(Change, st.integers(0, 3), st.just(AccountStatus.RESTRICTED), st.none(), st.just(value=True)),
    st.builds(Change, st.sampled_from([0, 1, 2, 5]), st.none(), st.sampled_from([0, -7, -30])),
    # Mostly something more can happen afterwards.
    st.builds(
        Change, st.integers(0, len(PALETTE) - 1), st.just(AccountStatus.OPEN), st.none(), st.booleans()
    ),
)
advances = st.builds(Advance, st.sampled_from(CELLS), st.integers(0, 3))
waits = st.builds(Wait, st.booleans())
# With these twists most of the holds expire soon.
expiring = st.one_of(any_twist, st.sampled_from([19, 20, 21]))
imports = st.builds(
    Import,
    st.lists(
        st.tuples(st.integers(-3, 60), st.integers(-1, 9), orders(("transfer",) * 12 + ("again", "reuse"))),
        min_size=3,
        max_size=40,
    ).map(lambda drawn: tuple(sorted(drawn, key=lambda one: (-one[0], -one[1])))),
)
