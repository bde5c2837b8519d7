"""How far a grant reaches: each limit on its own, and what an act must say under one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from sycee.identity import MOVES_MONEY, SELLS_PRODUCTS, Ask, NotGranted, Scope, covering
from sycee.identity.reach import Reach
from sycee.kernel.money import Amount

SILK, JADE = UUID(int=1), UUID(int=2)
EVERYTHING = frozenset(Scope)


def reach(**limits: Any) -> Reach:
    """A role that allows everything, as far as the limits go."""
    return Reach(role="clerk", permissions=EVERYTHING, **limits)


def ask(permission: Scope = Scope.TRANSFERS_WRITE, **said: Any) -> Ask:
    return Ask(permission=permission, **said)


def covers(*grants: Reach, **said: Any) -> bool:
    try:
        covering(grants, ask(**said))
    except NotGranted:
        return False
    return True


def test_no_grant_allows_nothing() -> None:
    for scope in Scope:
        with pytest.raises(NotGranted, match=str(scope)):
            covering([], Ask(permission=scope))


def test_a_grant_allows_its_permissions_and_no_other() -> None:
    only = Reach(role="clerk", permissions=frozenset({Scope.ACCOUNTS_READ}))
    for scope in Scope:
        assert covers(only, permission=scope) == (scope is Scope.ACCOUNTS_READ)


@pytest.mark.parametrize(
    ("name", "limit", "other"), [("customer", SILK, JADE), ("cell", 101, 102), ("branch", "A", "B")]
)
def test_what_limits_a_grant_must_be_said_and_fit(name: str, limit: Any, other: Any) -> None:
    limited = reach(**{name: limit})
    for permission in Scope:
        assert covers(limited, permission=permission, **{name: limit}, amount=Amount(1, "CNY"), product="p")
        assert not covers(limited, permission=permission, **{name: other})
        assert not covers(limited, permission=permission)
        assert not covers(limited, permission=permission, looks=True)


def test_an_amount_is_allowed_up_to_the_limit_in_its_currency() -> None:
    limited = reach(amount=Amount(100, "CNY"))
    assert covers(limited, amount=Amount(100, "CNY"))
    assert not covers(limited, amount=Amount(101, "CNY"))
    assert not covers(limited, amount=Amount(1, "USD"))


def test_an_act_that_moves_money_must_say_how_much_under_a_limit() -> None:
    limited = reach(amount=Amount(100, "CNY"))
    for permission in Scope:
        assert covers(limited, permission=permission) == (permission not in MOVES_MONEY)
        assert covers(limited, permission=permission, looks=True)


def test_a_product_is_the_one_that_was_named() -> None:
    limited = reach(product="notice-7d")
    assert covers(limited, permission=Scope.AGREEMENTS_WRITE, product="notice-7d")
    assert not covers(limited, permission=Scope.AGREEMENTS_WRITE, product="time-1y")
    for permission in Scope:
        assert covers(limited, permission=permission) == (permission not in SELLS_PRODUCTS)


def test_limits_of_two_grants_are_not_put_together() -> None:
    here = reach(cell=101, amount=Amount(100, "CNY"))
    there = reach(cell=102, amount=Amount(5, "CNY"))
    assert covers(here, there, cell=102, amount=Amount(5, "CNY"))
    assert not covers(here, there, cell=102, amount=Amount(100, "CNY"))


def test_a_refusal_names_what_lacks_of_every_grant_that_comes_near() -> None:
    with pytest.raises(NotGranted) as refused:
        covering(
            [reach(cell=101), reach(amount=Amount(100, "CNY"))], ask(cell=102, amount=Amount(101, "CNY"))
        )
    assert "for the cell 101, and this concerns 102" in str(refused.value)
    assert "up to 1.00 CNY, and this comes to 1.01 CNY" in str(refused.value)
