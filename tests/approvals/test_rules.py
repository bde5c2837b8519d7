"""Rules as data: who must agree to what, by amount, account, counterparty; in which order; from when on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from sycee.approvals import (
    ForeignCustomer,
    InvalidRule,
    NewRule,
    NewSegregation,
    NoRuleCovers,
    RuleChange,
    RuleNotFound,
    Stage,
    approval_detail,
    inbox,
    rule_change,
    rules_in_force,
)
from sycee.database import Transaction
from sycee.identity import Caller, Scope
from sycee.kernel.clock import now
from sycee.kernel.ids import uuid7
from sycee.kernel.money import MAX_MINOR, UnknownCurrency
from tests.approvals.house import CHECKER, DECIDE, KEEPER, MAKER, Keepers, a_principal, ask, done, say

BANK = "bank:approvals:decide"
TWO = Stage(who=DECIDE, count=2)
PAY = "scope:payments:approve"


async def checkers(tx: Transaction, count: int, **fields: Any) -> list[Caller]:
    return [await a_principal(tx, *CHECKER, **fields) for _ in range(count)]


async def test_a_rule_says_how_many_must_agree(tx: Transaction, maker: Caller, keepers: Keepers) -> None:
    await keepers.rule(tx, "tests.*", Stage(who=DECIDE, count=3))
    asked = await ask(tx, maker)
    one, two, three = await checkers(tx, 3)
    assert (await say(tx, one, asked)).lacking == ("2 × scope:approvals:decide",)
    again = await say(tx, one, asked)
    assert (again.accepted, again.state, again.lacking) == (True, "waiting", ("2 × scope:approvals:decide",))
    assert (await say(tx, two, asked)).lacking == ("1 × scope:approvals:decide",)
    assert await done(tx) == []
    assert (await say(tx, three, asked)).state == "executed"


async def test_stages_are_met_in_their_order(tx: Transaction, maker: Caller, keepers: Keepers) -> None:
    await keepers.rule(tx, "tests.order", DECIDE, PAY)
    first, second = await a_principal(tx, *CHECKER), await a_principal(tx, Scope.PAYMENTS_APPROVE)
    asked = await ask(tx, maker)
    early = await say(tx, second, asked)
    assert (early.accepted, early.code) == (False, "not_an_approver")
    assert [len(await inbox(tx, by=one)) for one in (first, second)] == [1, 0]
    assert (await say(tx, first, asked)).lacking == ("1 × scope:payments:approve",)
    assert [len(await inbox(tx, by=one)) for one in (first, second)] == [0, 1]
    assert (await say(tx, second, asked)).state == "executed"


async def test_one_who_could_agree_at_both_stages_counts_at_one(
    tx: Transaction, maker: Caller, keepers: Keepers
) -> None:
    await keepers.rule(tx, "tests.order", DECIDE, PAY)
    both = await a_principal(tx, *CHECKER, Scope.PAYMENTS_APPROVE)
    asked = await ask(tx, maker)
    assert (await say(tx, both, asked)).lacking == ("1 × scope:payments:approve",)
    assert (await say(tx, both, asked)).state == "waiting"
    assert (await say(tx, await a_principal(tx, Scope.PAYMENTS_APPROVE), asked)).state == "executed"


async def test_several_makers_have_to_ask_before_anybody_checks(
    tx: Transaction, maker: Caller, keepers: Keepers
) -> None:
    await keepers.rule(tx, "tests.order", DECIDE, makers=2)
    asked = await ask(tx, maker)
    (checker,) = await checkers(tx, 1)
    assert (await say(tx, checker, asked)).code == "not_an_approver"
    assert (await say(tx, await a_principal(tx, *MAKER), asked)).lacking == ("1 × scope:approvals:decide",)
    assert (await say(tx, checker, asked)).state == "executed"


@pytest.mark.parametrize(
    ("amount", "currency", "needed"),
    [(1, "CNY", 0), (100_00, "CNY", 0), (100_01, "CNY", 1), (500_00, "CNY", 1), (500_01, "CNY", 2),
     (MAX_MINOR, "CNY", 2), (None, None, 2)],
)  # fmt: skip
async def test_the_tightest_tier_that_covers_an_amount_governs_it(
    tx: Transaction, maker: Caller, keepers: Keepers, amount: int, currency: str, needed: int
) -> None:
    await keepers.rule(tx, "tests.order", currency="CNY", up_to=100_00)
    await keepers.rule(tx, "tests.order", Stage(who=DECIDE), currency="CNY", up_to=500_00)
    await keepers.rule(tx, "tests.order", TWO, currency="CNY")
    asked = await ask(tx, maker, amount=amount, currency=currency)
    for checker in await checkers(tx, needed):
        assert await done(tx) == []
        await say(tx, checker, asked)
    assert await done(tx) == [asked.id]


async def test_above_the_last_tier_nobody_may_agree(tx: Transaction, maker: Caller, keepers: Keepers) -> None:
    await keepers.rule(tx, "tests.free", currency="CNY", up_to=100_00)
    beyond: list[dict[str, Any]] = [{"amount": 100_01, "currency": "CNY"}, {"amount": 1, "currency": "USD"}]
    for fields in beyond:
        with pytest.raises(NoRuleCovers):
            async with tx.transaction():
                await ask(tx, maker, "tests.free", **fields)
    assert (await ask(tx, maker, "tests.free", amount=100_00, currency="CNY")).state == "executed"


@pytest.mark.parametrize("selector", ["customer", "account", "counterparty", "product", "command"])
async def test_a_more_special_rule_governs(tx: Transaction, keepers: Keepers, selector: str) -> None:
    ours = uuid7()
    special: dict[str, Any] = {"account": 101000000000000013, "counterparty": "Acme", "product": "gold"}
    about: dict[str, Any] = {
        "accounts": (101000000000000013,),
        "counterparties": ("Acme",),
        "products": ("gold",),
    }
    maker = await a_principal(tx, *MAKER, customer=ours)
    if selector == "command":
        await keepers.rule(tx, "tests.*", TWO)
        await keepers.rule(tx, "tests.order", DECIDE)
    else:
        await keepers.rule(tx, "tests.order", DECIDE)
        named = ours if selector == "customer" else special[selector]
        await keepers.rule(tx, "tests.*", TWO, **{selector: named})
    asked = await ask(tx, maker, customer=ours, **about)
    far = (await approval_detail(tx, asked.id, by=maker)).progress
    needed = 1 if selector == "command" else 2
    assert far is not None
    assert far.lacking == (f"{needed} × scope:approvals:decide",)
    plain = await ask(tx, await a_principal(tx, *MAKER))
    assert (await say(tx, (await checkers(tx, 1))[0], plain)).state == "executed"


async def test_rules_of_one_rank_must_all_be_met(tx: Transaction, maker: Caller, keepers: Keepers) -> None:
    await keepers.rule(tx, "tests.order", DECIDE, account=101000000000000013)
    await keepers.rule(tx, "tests.order", PAY, account=101000000000000021)
    asked = await ask(tx, maker, accounts=(101000000000000013, 101000000000000021))
    (checker,) = await checkers(tx, 1)
    assert (await say(tx, checker, asked)).lacking == ("1 × scope:payments:approve",)
    assert (await say(tx, await a_principal(tx, Scope.PAYMENTS_APPROVE), asked)).state == "executed"


@pytest.mark.parametrize("selector", ["account", "counterparty", "product"])
async def test_a_lenient_rule_lets_nothing_pass_but_what_it_names(
    tx: Transaction, maker: Caller, keepers: Keepers, selector: str
) -> None:
    named: dict[str, Any] = {"account": 101000000000000013, "counterparty": "Tax office", "product": "petty"}
    both: dict[str, Any] = {
        "account": {"accounts": (101000000000000013, 101000000000000021)},
        "counterparty": {"counterparties": ("Somebody", "Tax office")},
        "product": {"products": ("petty", "grand")},
    }
    await keepers.rule(tx, "tests.order", TWO)
    await keepers.rule(tx, "tests.order", **{selector: named[selector]})
    alone = {
        name: values[:1] if selector != "counterparty" else values[1:]
        for name, values in both[selector].items()
    }
    assert (await ask(tx, maker, **alone)).state == "executed"
    asked = await ask(tx, maker, **both[selector])
    assert asked.state == "waiting"
    one, two = await checkers(tx, 2)
    assert (await say(tx, one, asked)).state == "waiting"
    assert (await say(tx, two, asked)).state == "executed"


async def test_a_rule_that_is_tightened_holds_for_what_waits(
    tx: Transaction, maker: Caller, keepers: Keepers
) -> None:
    asked = await ask(tx, maker)
    await keepers.rule(tx, "tests.order", TWO)
    one, two = await checkers(tx, 2)
    assert (await say(tx, one, asked)).state == "waiting"
    assert (await say(tx, two, asked)).state == "executed"


async def test_a_rule_that_is_loosened_runs_nothing_until_somebody_says_yes(
    tx: Transaction, maker: Caller, keepers: Keepers
) -> None:
    await keepers.rule(tx, "tests.order", TWO)
    asked = await ask(tx, maker)
    (one,) = await checkers(tx, 1)
    await say(tx, one, asked)
    await keepers.rule(tx, "tests.order", DECIDE)
    assert await done(tx) == []
    assert (await say(tx, one, asked)).state == "executed"


async def test_yeses_are_put_where_a_new_rule_needs_them(
    tx: Transaction, maker: Caller, keepers: Keepers
) -> None:
    await keepers.rule(tx, "tests.order", Stage(who=DECIDE, count=3))
    both, one = await a_principal(tx, *CHECKER, Scope.PAYMENTS_APPROVE), await a_principal(tx, *CHECKER)
    asked = await ask(tx, maker)
    await say(tx, both, asked)
    await say(tx, one, asked)
    await keepers.rule(tx, "tests.order", DECIDE, PAY)  # both fits either; one only the first
    assert (await say(tx, one, asked)).state == "executed"


async def test_rules_have_dates(tx: Transaction, maker: Caller, keepers: Keepers) -> None:
    start = now() + timedelta(days=1)
    await keepers.rule(tx, "tests.free", DECIDE, valid_from=start, valid_to=start + timedelta(days=1))
    assert (await ask(tx, maker, "tests.free")).state == "executed"
    for day, count in ((0, 0), (1, 1), (2, 0)):
        at = start + timedelta(days=day - 1, seconds=1)
        assert len([rule for rule in await rules_in_force(tx, at) if rule.command == "tests.free"]) == count


async def test_a_released_rule_takes_the_place_of_the_one_like_it(
    tx: Transaction, maker: Caller, keepers: Keepers
) -> None:
    first = await keepers.rule(tx, "tests.order", TWO)
    second = await keepers.rule(tx, "tests.order", DECIDE)
    assert [rule.id for rule in await rules_in_force(tx, now())] == [second]
    await keepers.change(tx, RuleChange(end_rules=(second,)))
    assert await rules_in_force(tx, now()) == []
    for gone in (first, second, uuid7()):
        with pytest.raises(RuleNotFound):
            async with tx.transaction():
                await keepers.change(tx, RuleChange(end_rules=(gone,)))


async def test_rules_are_asked_for_by_one_keeper_and_released_by_another(
    tx: Transaction, keepers: Keepers, maker: Caller
) -> None:
    change = rule_change(RuleChange(rules=(NewRule(command="tests.order", stages=(TWO,)),)))
    asked = await ask(tx, keepers.one, "approvals.rules", payload=change)
    assert (await say(tx, keepers.one, asked)).code == "own_approval"
    (checker,) = await checkers(tx, 1)
    assert (await say(tx, checker, asked)).code == "not_an_approver"
    assert (await say(tx, keepers.other, asked)).state == "executed"
    text = [line.zh for line in asked.facts.lines]
    assert text == ["tests.order：经办 1 人，复核 2 × scope:approvals:decide"]


async def test_the_bank_keeps_a_customers_rules_and_customers_their_own_only(
    tx: Transaction, keepers: Keepers
) -> None:
    ours, theirs = uuid7(), uuid7()
    one, other = [await a_principal(tx, *KEEPER, customer=ours) for _ in range(2)]
    change = RuleChange(rules=(NewRule(command="tests.*", stages=(TWO,), customer=ours),), customer=ours)
    assert (await Keepers(one, other).change(tx, change))["rules"]
    assert (await keepers.change(tx, change))["rules"]
    strangers = Keepers(await a_principal(tx, *KEEPER, customer=theirs), other)
    with pytest.raises(ForeignCustomer):
        await strangers.change(tx, change)
    with pytest.raises(ForeignCustomer):
        await Keepers(one, other).change(tx, RuleChange(rules=(NewRule(command="*", stages=(TWO,)),)))


async def test_no_rule_goes_below_the_least_of_a_command(
    tx: Transaction, maker: Caller, keepers: Keepers
) -> None:
    with pytest.raises(InvalidRule, match="at least 2"):
        await keepers.rule(tx, "tests.strict", DECIDE)
    with pytest.raises(InvalidRule, match=r"approvals\.rules takes at least 1"):
        await keepers.rule(tx, "approvals.*")
    await keepers.rule(tx, "tests.strict", TWO)


ONE = (Stage(who=DECIDE),)
BAD: dict[str, dict[str, Any]] = {
    "no such command": {"command": "nothing.*"},
    "no pattern": {"command": "tests.*.x"},
    "nobody": {"stages": (Stage(who="scope:nothing"),)},
    "no authority": {"stages": (Stage(who="king:arthur"),)},
    "no ids": {"stages": (Stage(who="principal:me"),)},
    "none of them": {"stages": (Stage(who=DECIDE, count=0),)},
    "a crowd": {"stages": (Stage(who=DECIDE, count=21),)},
    "too many stages": {"stages": ONE * 7},
    "no maker": {"makers": 0},
    "a limit without currency": {"up_to": 100},
    "a limit of nothing": {"up_to": 0, "currency": "CNY"},
    "beyond money": {"up_to": MAX_MINOR + 1, "currency": "CNY"},
    "a maker who agrees": {"stages": (Stage(who=DECIDE, with_maker=True),)},
    "over before it begins": {"valid_from": now(), "valid_to": now() - timedelta(days=1)},
    "no offset": {"valid_from": now().replace(tzinfo=None)},
    "a long note": {"note": "x" * 501},
    "a long name": {"counterparty": "x" * 201},
}


@pytest.mark.parametrize("case", BAD)
def test_a_rule_that_makes_no_sense_is_refused(case: str) -> None:
    given = {"command": "tests.order", "stages": ONE, **BAD[case]}
    with pytest.raises(InvalidRule):
        rule_change(RuleChange(rules=(NewRule(**given),)))


@pytest.mark.parametrize(
    "change",
    [
        RuleChange(),
        RuleChange(segregations=(NewSegregation(one="do tests.order", other="approve tests.order"),)),
        RuleChange(segregations=(NewSegregation(one="make tests.order", other="as "),)),
        RuleChange(customer=UUID(int=1), segregations=(NewSegregation(one="make a.b", other="make a.c"),)),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(change: RuleChange) -> None:
    with pytest.raises(InvalidRule):
        rule_change(change)


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(UnknownCurrency):
        rule_change(RuleChange(rules=(NewRule(command="tests.*", stages=ONE, currency="XXY"),)))


async def test_a_named_person_is_asked(tx: Transaction, maker: Caller, keepers: Keepers) -> None:
    named, other = [await a_principal(tx, Scope.APPROVALS_READ), (await checkers(tx, 1))[0]]
    await keepers.rule(tx, "tests.order", f"principal:{named.principal}")
    asked = await ask(tx, maker)
    assert (await say(tx, other, asked)).code == "not_an_approver"
    assert (await say(tx, named, asked)).state == "executed"


async def test_the_bank_agrees_to_what_a_customer_asks_where_the_rule_says_so(
    tx: Transaction, keepers: Keepers
) -> None:
    ours = uuid7()
    await keepers.rule(tx, "tests.order", DECIDE, BANK)
    asked = await ask(tx, await a_principal(tx, *MAKER, customer=ours), customer=ours)
    banker, (own, second) = (await checkers(tx, 1))[0], await checkers(tx, 2, customer=ours)
    assert (await say(tx, banker, asked)).code == "not_an_approver"
    assert (await say(tx, own, asked)).state == "waiting"
    assert (await say(tx, second, asked)).code == "not_an_approver"
    assert (await say(tx, banker, asked)).state == "executed"


async def test_where_no_rule_is_about_a_part_of_a_request_the_default_holds_for_that_part(
    tx: Transaction, maker: Caller, keepers: Keepers
) -> None:
    await keepers.rule(tx, "tests.order", product="petty")
    assert (await ask(tx, maker, products=("petty",))).state == "executed"
    assert (await ask(tx, maker, products=("petty", "grand"))).state == "waiting"
    await keepers.rule(tx, "tests.order", product="grand")
    assert (await ask(tx, maker, products=("petty", "grand"))).state == "executed"


async def test_a_rule_about_a_package_is_about_all_that_is_in_it_beside_rules_about_its_products(
    tx: Transaction, maker: Caller, keepers: Keepers
) -> None:
    await keepers.rule(tx, "tests.order", product="treasury")
    sold: dict[str, Any] = {"products": ("petty", "grand"), "package": "treasury"}
    assert (await ask(tx, maker, **sold)).state == "executed"
    await keepers.rule(tx, "tests.order", TWO, product="grand")
    (checker,) = await checkers(tx, 1)
    asked = await ask(tx, maker, **sold)
    assert (await say(tx, checker, asked)).lacking == ("1 × scope:approvals:decide",)
    assert (await ask(tx, maker, products=("petty",), package="treasury")).state == "executed"
