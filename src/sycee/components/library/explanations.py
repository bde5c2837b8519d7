"""What the codes in the ``why`` of interest lines say to a customer, in English and Chinese."""

from __future__ import annotations

REASONS: dict[str, tuple[str, str]] = {
    "fixed_rate": ("Rate of the opening day, to maturity", "按开户日利率计至到期日"),
    "early_withdrawal": ("Withdrawn before maturity: demand rate", "提前支取，按活期利率计息"),
    "after_maturity": ("After maturity: demand rate", "逾期部分，按活期利率计息"),
    "floating_reset": ("Floating rate set for the period", "按重定价日确定的浮动利率计息"),
    "on_notified_day": ("Withdrawn on the notified day: notice rate", "按约定支取，按通知存款利率计息"),
    "held_less_than_term": (
        "Held for less than the notice term: demand rate",
        "实际存期不足通知期限，按活期利率计息",
    ),
    "without_notice": ("Withdrawn without notice: demand rate", "未提前通知，按活期利率计息"),
    "before_notified_day": (
        "Withdrawn before the notified day: demand rate",
        "早于约定日支取，按活期利率计息",
    ),
    "after_notified_day": ("Withdrawn after the notified day: demand rate", "晚于约定日支取，按活期利率计息"),
    "above_notified_amount": ("Above the notified amount: demand rate", "超过约定金额部分，按活期利率计息"),
    "below_notified_amount": (
        "Short of the notified amount: demand rate",
        "不足约定金额部分，按活期利率计息",
    ),
    "below_minimum_withdrawal": (
        "Below the minimum withdrawal: demand rate",
        "支取金额低于最低支取金额，按活期利率计息",
    ),
    "below_minimum_balance": (
        "Remainder below the minimum: closed at the demand rate",
        "余额低于最低起存金额，清户按活期利率计息",
    ),
    "notice_not_used": (
        "Notice not used or cancelled: no interest for its period",
        "已通知未支取或取消通知，通知期内不计息",
    ),
    "contract_rate": ("Rate of the contract", "按合同利率计息"),
    "overdue_penalty": ("Overdue: penalty rate", "逾期，按罚息利率计息"),
    "misuse_penalty": ("Used for another purpose: penalty rate", "挪用，按罚息利率计息"),
    "compound_interest": ("Interest not paid: compounds at the penalty rate", "未付利息，按罚息利率计收复利"),
}
"""By code: English, Chinese. A line without a code needs no words."""
