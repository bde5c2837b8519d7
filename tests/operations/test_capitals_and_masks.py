"""Amounts in Chinese capitals by the rules for settlement vouchers, and what strangers see of names."""

from __future__ import annotations

import pytest

from sycee.operations import capitals
from sycee.operations.masking import masked_name, masked_number


@pytest.mark.parametrize(
    ("fen", "expected"),
    [
        # The examples of the rules themselves.
        (140_950, "人民币壹仟肆佰零玖元伍角"),
        (600_714, "人民币陆仟零柒元壹角肆分"),
        (168_032, "人民币壹仟陆佰捌拾元零叁角贰分"),
        (10_700_053, "人民币壹拾万柒仟元零伍角叁分"),
        (1_640_902, "人民币壹万陆仟肆佰零玖元零贰分"),
        (32_504, "人民币叁佰贰拾伍元零肆分"),
        # And what they mean for others.
        (1, "人民币壹分"),
        (10, "人民币壹角"),
        (53, "人民币伍角叁分"),
        (100, "人民币壹元整"),
        (1_000, "人民币壹拾元整"),
        (100_500, "人民币壹仟零伍元整"),
        (1_000_000, "人民币壹万元整"),
        (1_000_100, "人民币壹万零壹元整"),
        (10_000_000_000, "人民币壹亿元整"),
        (10_000_000_100, "人民币壹亿零壹元整"),
        (10_001_000_000, "人民币壹亿零壹万元整"),
        (1_000_000_050_000_000, "人民币壹拾万亿零伍拾万元整"),
        (2_000_300_040_050, "人民币贰佰亿零叁佰万零肆佰元零伍角"),
    ],
)
def test_an_amount_in_capitals_follows_the_rules_for_vouchers(fen: int, expected: str) -> None:
    assert capitals(fen) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("张三", "张*"),
        ("欧阳修", "欧**"),
        ("李", "*"),
        ("上海星河贸易有限公司", "上********司"),
        ("Acme Trading", "A**e T*****g"),
        ("  Li   Na ", "L* N*"),
        ("", ""),
    ],
)
def test_a_masked_name_can_be_compared_and_not_read(name: str, expected: str) -> None:
    assert masked_name(name) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("101000000000000013", "**************0013"),
        ("12345678", "******78"),
        ("123", "**3"),
        ("1", "*"),
        ("", ""),
    ],
)
def test_a_masked_number_shows_its_end(number: str, expected: str) -> None:
    assert masked_number(number) == expected
