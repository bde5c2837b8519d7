"""What a document says above its entries, in Chinese and English: the same on paper and in a workbook."""

from __future__ import annotations

from sycee.operations.documents import ConfirmationContent, StatementContent

TITLES = {
    "statement": ("账户对账单", "Account statement"),
    "balance_confirmation": ("余额对账单", "Balance confirmation"),
}
"""What a kind of document is called."""


def facts_of(content: StatementContent | ConfirmationContent) -> list[tuple[str, str]]:
    """Labels and values, in the order in which they are read; what says nothing is left out."""
    account = content.account
    names = " ".join(name for name in (account.local_name, account.name) if name)
    facts = [("账号 Account", f"{account.number} {account.currency}"), ("户名 Name", names)]
    if isinstance(content, StatementContent):
        facts += [
            ("期间 Period", f"{content.start} – {content.end}"),
            ("期初余额 Opening balance", content.opening),
            ("借方合计 Debits", f"{content.debit_total} ({content.debit_count})"),
            ("贷方合计 Credits", f"{content.credit_total} ({content.credit_count})"),
            ("期末余额 Closing balance", content.closing),
        ]
    else:
        facts += [
            ("截止日期 At the end of", content.on.isoformat()),
            ("账面余额 Balance", content.balance),
            ("其中冻结 Of which held", content.held),
        ]
    return [(label, value) for label, value in facts if value]
