"""The worked example of the documentation: it holds, sells, and its mistakes are told as the page says."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sycee.components import InvalidComponents, examine_installed, read_files

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "components.md"
BLOCKS = re.findall(r"^```text\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
[EXAMPLE] = [block for block in BLOCKS if block.startswith("conditions:")]
[TOLD] = [block for block in BLOCKS if block.startswith("growth.yaml:")]
DAY = date(2026, 4, 1)

MISTAKES = [
    (", spread:", ", spraed:"),
    ("interest: growth.rate", "interest: grwth.rate"),
    ('min: "0.15"', 'min: "0.20"'),
]


def test_the_product_of_the_page_is_sold(tmp_path: Path) -> None:
    file = tmp_path / "growth.yaml"
    file.write_text(EXAMPLE, encoding="utf-8")
    known = examine_installed().extended(read_files([file]))
    assert known.faults == []
    made = known.resolve("growth-demand", DAY, {"interest.tiers.1.spread": "0.30"})
    assert made.one("interest").tiers[1].spread == Decimal("0.30")
    assert made.base[0] == "demand-deposit"
    assert made.one("settlement").cycle == "quarterly"


@pytest.mark.parametrize("number", range(len(MISTAKES)))
def test_a_mistake_is_told_as_on_the_page(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = MISTAKES[number]
    assert EXAMPLE.count(right) == 1
    monkeypatch.chdir(tmp_path)
    Path("growth.yaml").write_text(EXAMPLE.replace(right, wrong), encoding="utf-8")
    known = examine_installed().extended(read_files([Path("growth.yaml")]))
    with pytest.raises(InvalidComponents) as caught:
        known.refuse_faults()
    assert [str(fault) for fault in caught.value.faults] == [TOLD.splitlines()[number]]
