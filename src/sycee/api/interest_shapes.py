"""Rates and interest between the domain's records and the wire: as JSON, and as tables for customers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from litestar.response.base import ASGIResponse

from sycee import products
from sycee.api.bodies import sane_date
from sycee.api.conversions import money
from sycee.api.operations import CSV
from sycee.api.schemas import interest as wire_interest
from sycee.api.schemas import rates as wire_rates
from sycee.kernel.money import Amount, exponent
from sycee.products import AccruedInterest, Explanation, InterestLine, InterestPosting, NewRate, RateProposal

_PERCENT = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,6})?", re.ASCII)
_EXACT_DECIMALS = 10
_COLUMNS = 8


def rate_text(rate: Decimal) -> str:
    """A rate with two decimals, or as many more as it needs."""
    places = max(2, -int(rate.as_tuple().exponent))
    return f"{rate:.{places}f}"


def exact_text(exact: Fraction, currency: str) -> str:
    """Minor units as ten decimals of the currency, the last one rounded half up."""
    scaled = products.rounded(exact * 10**_EXACT_DECIMALS / 10 ** exponent(currency))
    whole, rest = divmod(abs(scaled), 10**_EXACT_DECIMALS)
    return f"{'-' if scaled < 0 else ''}{whole}.{rest:0{_EXACT_DECIMALS}d}"


def new_rates(items: Sequence[wire_rates.Rate]) -> list[NewRate]:
    """The rates of a body. Raises InvalidRate, DateOutOfRange."""
    found = []
    for index, item in enumerate(items):
        sane_date(item.start, f"rates[{index}].start")
        if not _PERCENT.fullmatch(item.rate):
            raise products.InvalidRate(
                f"{item.rate[:40]!r} is not a rate (at /rates/{index}/rate): percent a year as plain digits,"
                " at most six decimals, such as 0.20"
            )
        found.append(NewRate(item.key, item.start, Decimal(item.rate)))
    return found


def rate(found: NewRate) -> wire_rates.Rate:
    """A rate as the wire shows it."""
    return wire_rates.Rate(key=found.key, start=found.start, rate=rate_text(found.rate))


def rate_proposal(found: RateProposal) -> wire_rates.RateProposal:
    """A proposal of rates as the wire shows it."""
    return wire_rates.RateProposal(
        id=found.id,
        state=found.state,
        rates=[rate(one) for one in found.rates],
        note=found.note,
        proposed_by=found.proposed_by,
        proposed_at=found.proposed_at,
        released_by=found.released_by,
        released_at=found.released_at,
    )


def line(found: InterestLine, currency: str) -> wire_interest.InterestLine:
    """A line of interest as the wire shows it."""
    return wire_interest.InterestLine(
        start=found.start,
        end=found.end,
        days=found.days,
        days_of_year=found.days_of_year,
        balance=money(found.balance, currency),
        rate=rate_text(found.rate),
        interest=exact_text(found.interest, currency),
    )


def accrued(found: AccruedInterest) -> wire_interest.AccruedInterest:
    """Accrued interest as the wire shows it."""
    return wire_interest.AccruedInterest(
        account=str(found.account),
        currency=found.currency,
        start=found.start,
        through=found.through,
        exact=exact_text(found.exact, found.currency),
        amount=money(products.rounded(found.exact), found.currency),
        lines=[line(one, found.currency) for one in found.lines],
    )


def posting(found: InterestPosting, currency: str) -> wire_interest.InterestPosting:
    """A posting of interest as the wire shows it."""
    return wire_interest.InterestPosting(
        id=found.id,
        account=str(found.account),
        kind=found.kind,
        start=found.start,
        through=found.through,
        exact=exact_text(found.exact, currency),
        amount=money(found.amount, currency),
        tax=money(found.tax, currency),
        net=money(found.amount - found.tax, currency),
        corrects=found.corrects,
        paid_to=str(found.paid_to),
        booked_on=found.booked_on,
        value_date=found.value_date,
        reason=found.reason,
        transfer=found.transfer,
    )


def explanation(found: Explanation) -> wire_interest.InterestExplanation:
    """A posting of interest with all that made it, as the wire shows it."""
    currency, posted = found.currency, found.posting
    return wire_interest.InterestExplanation(
        posting=posting(posted, currency),
        lines=[line(one, currency) for one in found.lines],
        exact=exact_text(posted.exact, currency),
        earned=money(found.earned, currency),
        posted_before=money(found.posted_before, currency) if found.before else None,
        before=[posting(one, currency) for one in found.before],
        difference=money(posted.amount, currency),
        tax=money(posted.tax, currency),
        net=money(posted.amount - posted.tax, currency),
    )


def accrued_table(found: AccruedInterest) -> ASGIResponse:
    """Accrued interest as a table: a row a line, their sum, and the sum rounded."""
    rows = _lines(found.lines, found.currency, found.exact)
    rows.append(_total("rounded 四舍五入", products.rounded(found.exact), found.currency))
    name = f"interest-accrued-{found.account}-{found.start}-{found.through}.csv"
    return _table(rows, found.currency, name)


def explanation_table(found: Explanation) -> ASGIResponse:
    """A posting of interest as a table: from its lines down to what was paid."""
    currency, posted = found.currency, found.posting
    rows = _lines(found.lines, currency, posted.exact)
    rows.append(_total("rounded 四舍五入", found.earned, currency))
    rows += [_total(f"posted before, {one.booked_on} 已入账", -one.amount, currency) for one in found.before]
    if found.before:
        rows.append(_total("difference 差额", posted.amount, currency))
    if posted.tax:
        rows.append(_total("tax 代扣税", -posted.tax, currency))
    paid = "paid 实付" if posted.amount >= posted.tax else "charged 实收"
    rows.append(_total(paid, posted.amount - posted.tax, currency))
    name = f"interest-{posted.kind}-{posted.account}-{posted.start}-{posted.through}.csv"
    return _table(rows, currency, name)


def _lines(lines: Sequence[InterestLine], currency: str, exact: Fraction) -> list[list[object]]:
    rows: list[list[object]] = [
        [
            "interest 利息",
            one.start,
            one.end,
            one.days,
            Amount(one.balance, currency).text(),
            rate_text(one.rate),
            one.days_of_year,
            exact_text(one.interest, currency),
        ]
        for one in lines
    ]
    return [*rows, _sum("sum 合计", exact_text(exact, currency))]


def _total(item: str, minor: int, currency: str) -> list[object]:
    return _sum(item, Amount(minor, currency).text())


def _sum(item: str, value: str) -> list[object]:
    return [item, *[None] * (_COLUMNS - 2), value]


def _table(rows: Sequence[Sequence[object]], currency: str, name: str) -> ASGIResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        [
            "item 项目",
            "from 起",
            "to 止",
            "days 天数",
            f"balance 余额 ({currency})",
            "rate % 年利率",
            "days of year 年天数",
            f"interest 利息 ({currency})",
        ]
    )
    writer.writerows(rows)
    # Spreadsheets take a file for UTF-8 when it begins with a byte order mark.
    body = text.getvalue().encode("utf-8-sig")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return ASGIResponse(body=body, media_type=CSV, headers=headers)
