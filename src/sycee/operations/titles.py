"""What the steps of the banking day are called, for the people of a bank."""

from __future__ import annotations

_TITLES: dict[str, tuple[str, str]] = {
    "cut_off": ("Cut-off", "日切"),
    "feed_balances": ("Balances for interest", "计息余额归集"),
    "reaccrue": ("Interest reckoned again", "补计利息"),
    "accrue": ("Interest accrued", "计提利息"),
    "due_events": ("Deposits due", "到期处理"),
    "settle": ("Interest settled", "结息"),
    "fees": ("Fees", "收费"),
    "statements": ("Statements", "对账单"),
    "confirmations": ("Balance confirmations", "余额对账"),
    "check_books": ("Proof of the books", "账务核对"),
}


def title_of(step: str) -> tuple[str, str]:
    """The title of a step in English and in Chinese; its name when it has none."""
    return _TITLES.get(step, (step, step))
