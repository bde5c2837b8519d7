"""Amounts in renminbi in Chinese capitals (大写金额), as vouchers and receipts state them beside the figures.

The rules are those of the People's Bank for filling in bills and settlement vouchers
(《正确填写票据和结算凭证的基本规定》, an annex of 《支付结算办法》): 零 once for zeros in between,
整 after an amount that ends with 元.
"""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿", "亿亿")


def capitals(fen: int) -> str:
    """The amount, positive and in fen: 140950 is 人民币壹仟肆佰零玖元伍角."""
    yuan, rest = divmod(fen, 100)
    jiao, last = divmod(rest, 10)
    said = f"{_integer(yuan)}元" if yuan else ""
    if not rest:
        return f"人民币{said}整"
    if said and (not jiao or not yuan % 10):
        said += "零"
    said += f"{_DIGITS[jiao]}角" if jiao else ""
    return f"人民币{said}{_DIGITS[last]}分" if last else f"人民币{said}"


def _integer(number: int) -> str:
    """A positive number: groups of four digits, and 零 wherever zeros stand between digits."""
    said = ""
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    skipped = False
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            skipped = True
            continue
        if said and (skipped or group < 1_000):
            said += "零"
        said += _group(group) + _GROUPS[place]
        skipped = False
    return said


def _group(group: int) -> str:
    said, zero = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit:
            said += ("零" if zero and said else "") + _DIGITS[digit] + _PLACES[place]
        zero = not digit
    return said
