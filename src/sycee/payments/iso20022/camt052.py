"""Writing camt.052, the bank's report to its customer of a day that still runs, in version .08.

A report whose opening balance and entries do not come to its interim balance is not written at all.
"""

from __future__ import annotations

from datetime import date

from sycee.kernel.money import Amount
from sycee.payments.iso20022.account_messages import AccountMessage, AccountMessageWriter
from sycee.payments.iso20022.errors import UnwritableMessage

MESSAGE = "camt.052.001.08"


class IntradayReport(AccountMessage, frozen=True, kw_only=True):
    """What was booked on one account from the beginning of a business date to created_at.

    opening (of the day), interim and interim_available are positive when they are credit balances;
    credit_line is how much of interim_available is an overdraft line, positive.
    """

    on: date
    opening: Amount
    interim: Amount
    interim_available: Amount
    credit_line: Amount | None = None


def write_intraday_report(report: IntradayReport) -> bytes:
    """The report as XML, valid against its schema.

    Raises UnwritableMessage when the balances and entries do not add up, or cannot be written validly.
    """
    writer = AccountMessageWriter(MESSAGE, "BkToCstmrAcctRpt", "Rpt", report)
    writer.account()
    writer.balance("OPBD", report.opening, report.on)
    writer.balance("ITBD", report.interim, report.on)
    writer.balance("ITAV", report.interim_available, report.on, report.credit_line)
    net = writer.entries()
    if report.opening.minor + net != report.interim.minor:
        raise UnwritableMessage(
            f"the report of {report.account} does not add up: the day opens with {report.opening}, "
            f"its entries come to {Amount(net, report.currency)}, and it stands at {report.interim}"
        )
    return writer.finish()
