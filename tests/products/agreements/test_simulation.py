"""Simulation: the worked figures to the fen, and scenarios that cannot be priced."""

from __future__ import annotations

from typing import Any

import pytest

from sycee import components
from sycee.kernel.errors import SyceeError
from sycee.products import InvalidScenario, Simulation, read_scenario, simulate


def _simulated(product: str, start: str, end: str, **fields: Any) -> Simulation:
    scenario = read_scenario({"product": product, "start": start, "end": end, **fields})
    return simulate(components.registry(), scenario)


def test_demand_interest_of_a_quarter_is_settled_to_the_fen() -> None:
    # 1,000,000.00 x 92 x 0.0020 / 360 = 511.11
    result = _simulated(
        "basic-account", "2026-06-21", "2026-09-20",
        balances={"2026-06-21": "1000000.00"}, rates={"demand": {"2026-01-01": "0.20"}},
    )  # fmt: skip
    (only,) = result.settlements
    assert (only.reason, only.on.isoformat(), only.interest, only.paid) == (
        "settlement",
        "2026-09-21",
        51111,
        51111,
    )
    (line,) = only.lines
    assert (line.days, line.balance, str(line.rate)) == (92, 100_000_000, "0.20")


def test_a_change_of_the_rate_splits_the_period() -> None:
    result = _simulated(
        "basic-account", "2026-06-21", "2026-09-20",
        balances={"2026-06-21": "1000000.00"},
        rates={"demand": {"2026-01-01": "0.20", "2026-08-01": "0.10"}},
    )  # fmt: skip
    # 41 days at 0.20 % and 51 days at 0.10 %: 227.78 (227.777...) + 141.67 (141.666...) = 369.44
    assert [(line.days, str(line.rate)) for line in result.settlements[0].lines] == [
        (41, "0.20"),
        (51, "0.10"),
    ]
    assert result.interest == 36_944


def test_an_agreement_deposit_splits_the_balance_at_the_quota_and_is_settled_as_one_sum() -> None:
    # 16.67 + 1,875.00, as one sum: 1,891.67
    result = _simulated(
        "agreement-deposit", "2026-04-01", "2026-04-30",
        balances={"2026-04-01": "2600000.00"},
        rates={"demand": {"2026-01-01": "0.20"}, "agreement": {"2026-01-01": "0.90"}},
        choices={"interest.quota": "100000.00"},
    )  # fmt: skip
    assert result.interest == 189_167
    assert result.settlements[-1].reason == "accrued"


def test_a_notice_deposit_withdrawn_on_the_notified_day_earns_the_notice_rate() -> None:
    # 5,000,000.00 x 45 x 0.0110 / 360 = 6,875.00
    given = {
        "balances": {"2026-03-01": "5000000.00", "2026-04-15": "0"},
        "rates": {"notice.7d": {"2026-01-01": "1.10"}, "demand": {"2026-01-01": "0.20"}},
    }
    notified = _simulated(
        "notice-7d", "2026-03-01", "2026-04-30",
        notices=[{"given": "2026-04-08", "pay_on": "2026-04-15", "amount": "5000000.00"}], **given,
    )  # fmt: skip
    assert (notified.interest, notified.settlements[0].reason) == (687_500, "on_notified_day")
    # Without notice: 5,000,000.00 x 45 x 0.0020 / 360 = 1,250.00
    unnotified = _simulated("notice-7d", "2026-03-01", "2026-04-30", **given)
    assert (unnotified.interest, unnotified.settlements[0].reason) == (125_000, "without_notice")


def test_a_time_deposit_paid_late_earns_demand_after_its_maturity() -> None:
    # 40,500.00 + 3,000,000 x 10 x 0.0020 / 360 = 166.67 -> 40,666.67
    result = _simulated(
        "time-1y", "2025-03-03", "2026-03-31",
        balances={"2025-03-03": "3000000.00", "2026-03-13": "0"},
        rates={"time.1y": {"2025-01-01": "1.35"}, "demand": {"2025-01-01": "0.20"}},
    )  # fmt: skip
    assert (result.interest, result.settlements[0].reason) == (4_066_667, "after maturity")


def test_a_part_of_a_time_deposit_withdrawn_early_earns_demand() -> None:
    result = _simulated(
        "time-1y", "2025-03-03", "2026-03-31",
        balances={"2025-03-03": "3000000.00", "2025-09-03": "2000000.00", "2026-03-03": "0"},
        rates={"time.1y": {"2025-01-01": "1.35"}, "demand": {"2025-01-01": "0.20"}},
    )  # fmt: skip
    # 1,000,000.00 x 184 x 0.0020 / 360 = 1,022.22; 2,000,000.00 x 1.35 % = 27,000.00
    assert [(one.reason, one.interest) for one in result.settlements] == [
        ("early", 102_222),
        ("maturity", 2_700_000),
    ]


GOOD: dict[str, Any] = {
    "product": "basic-account",
    "start": "2026-04-01",
    "end": "2026-04-30",
    "balances": {"2026-04-01": "1000.00"},
    "rates": {"demand": {"2026-01-01": "0.20"}},
}
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "end before the start": ({"end": "2026-03-01"}, "invalid_scenario"),
    "longer than thirty years": ({"end": "2099-01-01"}, "invalid_scenario"),
    "no balances": ({"balances": {}}, "invalid_scenario"),
    "too many decimals": ({"balances": {"2026-04-01": "1.001"}}, "invalid_amount"),
    "no rate": ({"rates": {}}, "invalid_scenario"),
    "rate from later on": ({"rates": {"demand": {"2026-04-02": "0.20"}}}, "invalid_scenario"),
    "unknown field": ({"balance": "1"}, "invalid_scenario"),
    "no date": ({"start": "soon"}, "invalid_scenario"),
    "unknown product": ({"product": "gold"}, "product_not_found"),
    "choice out of bounds": ({"choices": {"interest.tiers.0.spread": "9"}}, "choice_out_of_bounds"),
    "notice deposit below its minimum": ({"product": "notice-7d"}, "invalid_scenario"),
    "time deposit that grows": (
        {"product": "time-1y", "balances": {"2026-04-01": "20000.00", "2026-04-02": "30000.00"}},
        "invalid_scenario",
    ),
}


def test_the_good_scenario_is_good() -> None:
    assert simulate(components.registry(), read_scenario(GOOD)).interest == 17  # 1,000.00 x 30 x 0.0020 / 360


@pytest.mark.parametrize("name", BAD)
def test_a_scenario_that_cannot_be_priced_is_refused(name: str) -> None:
    changes, code = BAD[name]
    with pytest.raises(SyceeError) as refused:
        simulate(components.registry(), read_scenario({**GOOD, **changes}))
    assert refused.value.code == code
    assert refused.value.detail


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(InvalidScenario, match="no rate demand for 2026-04-01"):
        simulate(components.registry(), read_scenario({**GOOD, "rates": {}}))
