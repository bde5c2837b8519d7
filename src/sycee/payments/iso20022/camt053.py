"""Writing camt.053, the bank's statement to its customer, in version .08.

A statement whose opening balance and entries do not come to its closing balance is not written at all.
"""

from __future__ import annotations

from datetime import date

from sycee.kernel.money import Amount
from sycee.payments.iso20022.account_messages import AccountMessage, AccountMessageWriter
from sycee.payments.iso20022.errors import UnwritableMessage

MESSAGE = "camt.053.001.08"


class AccountStatement(AccountMessage, frozen=True, kw_only=True):
    """A statement of one account from start to end, both included.

    opening, closing and closing_available are positive when they are credit balances;
    closing_available None leaves that balance out; credit_line is how much of it is an overdraft
    line, positive.
    """

    start: date
    end: date
    opening: Amount
    closing: Amount
    closing_available: Amount | None = None
    credit_line: Amount | None = None


def write_statement(statement: AccountStatement) -> bytes:
    """The statement as XML, valid against its schema.

    Raises UnwritableMessage when the balances and entries do not add up, or cannot be written validly.
    """
    writer = AccountMessageWriter(MESSAGE, "BkToCstmrStmt", "Stmt", statement)
    writer.period(statement.start, statement.end)
    writer.account()
    writer.balance("OPBD", statement.opening, statement.start)
    writer.balance("CLBD", statement.closing, statement.end)
    if statement.closing_available is not None:
        writer.balance("CLAV", statement.closing_available, statement.end, statement.credit_line)
    net = writer.entries()
    if statement.opening.minor + net != statement.closing.minor:
        raise UnwritableMessage(
            f"the statement of {statement.account} does not add up: it opens with {statement.opening}, "
            f"its entries come to {Amount(net, statement.currency)}, and it closes with {statement.closing}"
        )
    return writer.finish()
