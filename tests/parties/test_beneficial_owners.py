"""The 25 % rule: worked figures, and every path enumerated by hand against the one pass that adds them up."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sycee.parties import HoldingKind, OwnerRule, OwnershipRule
from sycee.parties.beneficial_owners import MOST_PATHS, Ownership, Stake, exact_percent
from tests.long_runs import rounds

EQUITY, VOTES, BENEFITS, CONTROL = HoldingKind
PERSONS = {name: UUID(int=1000 + n) for n, name in enumerate(["ann", "bob", "cai", "dai"])}
COMPANIES = [UUID(int=n) for n in range(1, 7)]
TARGET, H, G, J = COMPANIES[:4]


def stake(owner: str | UUID, company: UUID, percent: str | None, kind: HoldingKind = EQUITY) -> Stake:
    return Stake(
        company=company,
        owner=PERSONS[owner] if isinstance(owner, str) else owner,
        is_person=isinstance(owner, str),
        kind=kind,
        percent=None if percent is None else Decimal(percent),
    )


def owners(*stakes: Stake, managers: tuple[str, ...] = ()) -> dict[str, tuple[str, Decimal | None]]:
    """Name, rule and percentage of each owner."""
    names = {id: name for name, id in PERSONS.items()}
    found = Ownership(TARGET, stakes).owners([PERSONS[name] for name in managers])
    return {names[one.person]: (one.rule.value, one.percent) for one in found}


def test_a_quarter_is_enough_and_a_millionth_less_is_not() -> None:
    found = owners(stake("ann", TARGET, "25"), stake("bob", TARGET, "24.999999"))
    assert found == {"ann": ("equity", Decimal(25))}


def test_shares_are_multiplied_along_a_chain_exactly() -> None:
    # 99.999999 % of 25.000001 % is 25.000000749… %, which sixteen digits of a float would blur.
    found = owners(stake("ann", H, "99.999999"), stake(H, TARGET, "25.000001"))
    assert found == {"ann": ("equity", Decimal("25.00000074999999"))}


def test_shares_are_summed_over_all_paths() -> None:
    # 10 directly, 50 % of 20 through H, 10 % of 60 through G, 25 % of 60 % of ... J: 10 + 10 + 6 = 26.
    found = owners(
        stake("ann", TARGET, "10"), stake("ann", H, "50"), stake(H, TARGET, "20"),
        stake("ann", G, "10"), stake(G, TARGET, "60"), stake("bob", G, "40"),
    )  # fmt: skip
    assert found == {"ann": ("equity", Decimal(26))}


def test_three_layers_worked_by_hand() -> None:
    # bob: 80 % of 70 % of 50 % = 28 %; ann: 20 % of 70 % of 50 % + 30 % of 50 % = 7 + 15 = 22 %.
    found = Ownership(
        TARGET,
        [
            stake("bob", J, "80"),
            stake("ann", J, "20"),
            stake(J, H, "70"),
            stake("ann", H, "30"),
            stake(H, TARGET, "50"),
        ],
    )
    (bob,) = [one for one in found.owners() if one.rule is OwnerRule.EQUITY]
    assert (bob.person, bob.percent) == (PERSONS["bob"], Decimal(28))
    (path,) = bob.paths
    assert [(one.owner, one.company) for one in path.stakes] == [(PERSONS["bob"], J), (J, H), (H, TARGET)]
    ann = found.paths(PERSONS["ann"], EQUITY)
    assert [path.percent for path in ann] == [Decimal(15), Decimal(7)]
    assert found.untraced() == Fraction(1, 2)


def test_benefits_and_votes_count_for_those_who_lack_equity() -> None:
    found = owners(
        stake("ann", TARGET, "80"), stake("bob", TARGET, "20"),
        stake("ann", TARGET, "60", VOTES), stake("bob", TARGET, "40", VOTES),
        stake("ann", TARGET, "70", BENEFITS), stake("cai", TARGET, "30", BENEFITS),
    )  # fmt: skip
    assert found == {
        "ann": ("equity", Decimal(80)),
        "cai": ("benefits", Decimal(30)),
        "bob": ("votes", Decimal(40)),
    }


def test_votes_follow_the_equity_where_nothing_else_is_said() -> None:
    # H votes 30 % of the target although it owns 5 % of it; bob has half of H, of which no votes are told.
    found = owners(
        stake(H, TARGET, "5"), stake(H, TARGET, "60", VOTES), stake("ann", TARGET, "40", VOTES),
        stake("bob", H, "50"), stake("cai", H, "40"),
    )  # fmt: skip
    assert found == {"ann": ("votes", Decimal(40)), "bob": ("votes", Decimal(30))}


def test_control_is_the_last_rule_but_one() -> None:
    # ann has 51 % of 51 % of 45 % … too little of the equity, but the say at every step.
    chain = [stake("ann", J, "51"), stake(J, G, "51"), stake(G, H, "51"), stake(H, TARGET, "51")]
    assert owners(*chain, managers=("dai",)) == {"ann": ("control", None)}
    agreed = [stake("bob", H, None, CONTROL), stake(H, TARGET, "51")]
    assert owners(*agreed) == {"bob": ("control", None)}


def test_half_of_the_votes_is_no_control() -> None:
    chain = [stake("ann", J, "50"), stake(J, H, "40"), stake(H, TARGET, "60")]
    assert owners(*chain, managers=("dai",)) == {"dai": ("management", None)}


def test_whoever_runs_it_is_the_owner_when_nobody_else_is() -> None:
    assert owners(stake("ann", TARGET, "24"), managers=("dai", "cai", "dai")) == {
        "dai": ("management", None),
        "cai": ("management", None),
    }
    assert owners() == {}


def test_the_share_is_a_parameter() -> None:
    stakes = [stake("ann", TARGET, "10")]
    (found,) = Ownership(TARGET, stakes, OwnershipRule(share_percent=Decimal(10))).owners()
    assert found.percent == Decimal(10)


def test_a_million_paths_are_summed_and_a_few_shown() -> None:
    # Twenty layers of two companies, each half owned by both above: 2 to the power of 20 paths.
    layers = [[UUID(int=10_000 + 2 * n), UUID(int=10_001 + 2 * n)] for n in range(20)]
    stakes = [stake(company, TARGET, "50") for company in layers[0]]
    for lower, upper in pairwise(layers):
        stakes += [stake(above, below, "50") for below in lower for above in upper]
    stakes += [stake("ann", company, "100") for company in layers[-1]]
    found = Ownership(TARGET, stakes)
    (ann,) = found.owners()
    assert ann.percent == Decimal(100)
    assert len(ann.paths) == MOST_PATHS
    assert {path.percent for path in ann.paths} == {exact_percent(Fraction(1, 2**20))}


def test_a_chain_of_a_thousand_companies_is_followed_to_its_end() -> None:
    chain = [TARGET, *(UUID(int=20_000 + n) for n in range(1100))]
    stakes = [stake(above, below, "99.999999") for below, above in pairwise(chain)]
    found = Ownership(TARGET, [*stakes, stake("ann", chain[-1], "100")])
    (ann,) = found.owners()
    assert ann.percent == exact_percent(Fraction(99_999_999, 100_000_000) ** 1100)
    assert len(ann.paths[0].stakes) == 1101


@pytest.mark.parametrize("text", ["0", "1", "25", "33.333333", "100", "0.000001", "12.5"])
def test_an_exact_percentage_is_what_was_put_in(text: str) -> None:
    assert exact_percent(Fraction(Decimal(text)) / 100) == Decimal(text)


@st.composite
def structures(draw: st.DrawFn) -> list[Stake]:
    """Companies that own earlier ones only, so without a circle; percentages up to the whole of each."""
    stakes: dict[tuple[UUID, UUID, HoldingKind], Stake] = {}
    for index, company in enumerate(COMPANIES):
        for kind in (EQUITY, VOTES, BENEFITS):
            if kind is not EQUITY and draw(st.booleans()):
                continue
            left = Decimal(100)
            possible: list[str | UUID] = [*PERSONS, *COMPANIES[index + 1 :]]
            for owner in draw(st.lists(st.sampled_from(possible), max_size=3, unique=True)):
                part = draw(st.decimals(min_value="0.000001", max_value=100, places=6))
                percent = min(part, left)
                if percent > 0:
                    made = stake(owner, company, str(percent), kind)
                    stakes[made.company, made.owner, kind] = made
                    left -= percent
    return list(stakes.values())


def every_path(stakes: list[Stake], kind: HoldingKind) -> dict[UUID, list[tuple[Fraction, tuple[UUID, ...]]]]:
    """Every way from a person down to the target, one by one: share and who stands along it."""
    told = {(one.company, one.kind) for one in stakes}
    found = defaultdict(list)

    def walk(company: UUID, share: Fraction, above: tuple[UUID, ...]) -> None:
        used = kind if (company, kind) in told else EQUITY
        for one in stakes:
            if one.company != company or one.kind is not used or one.percent is None:
                continue
            part = share * Fraction(one.percent) / Fraction(100)
            if one.is_person:
                found[one.owner].append((part, (one.owner, *above)))
            else:
                walk(one.owner, part, (one.owner, *above))

    walk(TARGET, Fraction(1), (TARGET,))
    return found


@settings(max_examples=rounds(100, 5000), deadline=None)
@given(structures())
def test_the_one_pass_equals_all_paths_enumerated(stakes: list[Stake]) -> None:
    found = Ownership(TARGET, stakes)
    for kind in (EQUITY, VOTES, BENEFITS):
        expected = every_path(stakes, kind)
        assert found.shares(kind) == {
            person: sum((share for share, _ in ways), Fraction(0)) for person, ways in expected.items()
        }
        for person, ways in expected.items():
            shown = [
                (Fraction(path.percent or 0) / 100, (*(one.owner for one in path.stakes), TARGET))
                for path in found.paths(person, kind)
            ]
            assert [share for share, _ in shown] == sorted((share for share, _ in ways), reverse=True)[
                :MOST_PATHS
            ]
            assert set(shown) <= set(ways)
            assert len(set(shown)) == min(len(ways), MOST_PATHS)


@settings(max_examples=rounds(100, 5000), deadline=None)
@given(structures())
def test_nobody_below_the_share_is_an_owner_and_nobody_above_it_is_left_out(stakes: list[Stake]) -> None:
    quarter = Fraction(1, 4)
    sums = {
        kind: {person: sum(share for share, _ in ways) for person, ways in every_path(stakes, kind).items()}
        for kind in (EQUITY, BENEFITS, VOTES)
    }
    expected = {}
    for person in PERSONS.values():
        rules = [kind.value for kind, shares in sums.items() if shares.get(person, 0) >= quarter]
        if rules:
            expected[person] = rules[0]
    found = {one.person: one.rule.value for one in Ownership(TARGET, stakes).owners()}
    assert {person: rule for person, rule in found.items() if rule != "control"} == expected


@given(st.permutations(range(8)))
def test_the_order_of_the_stakes_does_not_matter(order: list[int]) -> None:
    stakes = [
        stake("ann", J, "80"), stake("bob", J, "20"), stake(J, H, "70"), stake("ann", H, "30"),
        stake(H, TARGET, "50"), stake(G, TARGET, "30"), stake(J, G, "100"), stake("bob", TARGET, "20"),
    ]  # fmt: skip
    usual = Ownership(TARGET, stakes).owners()
    assert msgspec.to_builtins(Ownership(TARGET, [stakes[n] for n in order]).owners()) == msgspec.to_builtins(
        usual
    )
