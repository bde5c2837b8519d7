"""Writing camt.054, the bank's notice that a customer's account was debited or credited, in version .08."""

from __future__ import annotations

from sycee.payments.iso20022.account_messages import AccountMessage, AccountMessageWriter

MESSAGE = "camt.054.001.08"


def write_entry_notice(notice: AccountMessage) -> bytes:
    """The notice of the entries as XML, valid against its schema; it states no balance.

    Raises UnwritableMessage when it cannot be written validly.
    """
    writer = AccountMessageWriter(MESSAGE, "BkToCstmrDbtCdtNtfctn", "Ntfctn", notice)
    writer.account()
    writer.entries()
    return writer.finish()
