"""The words of a contract that are the same in every one, in English and in Chinese."""

from __future__ import annotations

from sycee.products.contracts.data import Text

LABELS: dict[str, Text] = {
    "contract": Text("Agreement on corporate accounts and deposits", "单位账户与存款服务协议"),
    "preview": Text("Preview: not signed, binds nobody", "预览：未签署，不具约束力"),
    "customer": Text("Customer", "客户（甲方）"),
    "identifier": Text("Unified social credit code or LEI", "统一社会信用代码或法人机构识别编码"),
    "address": Text("Address", "地址"),
    "basic_elsewhere": Text("Basic account at another bank, permit", "他行基本存款账户核准号"),
    "package": Text("Package (version)", "产品组合（版本）"),
    "signed_on": Text("Signed on", "签署日期"),
    "made_on": Text("This revision of", "本版次日期"),
    "products": Text("Accounts and products", "账户与产品"),
    "product": Text("Product", "产品"),
    "account": Text("Account", "账号"),
    "class": Text("Class or form", "账户类别或存款形式"),
    "term": Text("From, until", "期限"),
    "numbered_later": Text("number given on signing", "签署时分配账号"),
    "placed_later": Text("deposits are placed under it", "存入时开立"),
    "tier": Text("Rate for", "适用"),
    "from_amount": Text("From a balance of", "余额起点"),
    "rate_key": Text("Listed rate ± points", "挂牌利率 ± 点差"),
    "rate": Text("A year, on signing", "签署日年利率"),
    "negotiated": Text("Negotiated", "协商条款"),
    "agreed": Text("As agreed", "约定值"),
    "fees": Text("Fees", "费用"),
    "limits": Text("Limits", "限额"),
    "channels": Text("Channels", "渠道"),
    "terms": Text("Terms", "条款"),
    "particulars": Text("Particulars", "具体约定"),
    "clauses": Text("What both sides agree to", "双方约定"),
    "for_customer": Text("For the customer", "甲方签署人"),
    "for_bank": Text("For the bank", "银行（乙方）"),
}
ACCOUNT_CLASSES: dict[str, Text] = {
    "basic": Text("Basic deposit account", "基本存款账户"),
    "general": Text("General deposit account", "一般存款账户"),
    "special": Text("Special deposit account", "专用存款账户"),
    "temporary": Text("Temporary deposit account", "临时存款账户"),
}
FORMS: dict[str, Text] = {
    "demand": Text("Demand deposit", "活期存款"),
    "agreement": Text("Agreement deposit", "协定存款"),
    "notice": Text("Notice deposit", "通知存款"),
    "time": Text("Time deposit", "定期存款"),
    "large_cd": Text("Large certificate of deposit", "大额存单"),
    "margin": Text("Margin deposit", "保证金存款"),
}
SLOTS: dict[str, Text] = {
    "account_class": Text("Account class", "账户类别"),
    "form": Text("Form", "存款形式"),
    "currency": Text("Currency", "币种"),
    "interest": Text("Interest", "计息"),
    "early_interest": Text("Early withdrawal", "提前支取"),
    "day_count": Text("Day count", "天数计算"),
    "rate_source": Text("Source of the rate", "利率来源"),
    "tiers": Text("Tiers", "分档"),
    "settlement": Text("Settlement", "结息"),
    "rounding": Text("Rounding", "舍入"),
    "tax": Text("Tax", "税"),
    "tenor": Text("Term", "存期"),
    "renewal": Text("Renewal", "转存"),
    "notice": Text("Notice", "通知"),
    "calendar": Text("Calendar", "日历"),
    "eligibility": Text("Who may have it", "适用对象"),
    "statement": Text("Statements", "对账单"),
    "sweep": Text("Sweeps", "归集"),
    "process": Text("Process", "流程"),
    "accounting": Text("Accounting", "核算"),
}
TIERS: dict[str, Text] = {
    "only": Text("the whole balance", "全部余额"),
    "first": Text("the balance below the next step", "下一档以下部分"),
    "further": Text("the balance from here on", "超过起点部分"),
    "reached": Text("the whole balance, once it reaches this", "余额达到起点时全额"),
    "overdraft": Text("a negative balance", "透支余额"),
}
CLAUSES: tuple[Text, ...] = (
    Text(
        "The products named above are in force together from the day of signing; none of them is without "
        "the others that it builds on.",
        "上列产品自签署之日起一并生效；依附于其他产品的产品，不得脱离其所依附的产品单独存在。",
    ),
    Text(
        "The terms are those of the versions named. A later version binds the customer only after it was "
        "moved to it, of which it is told.",
        "各项条款以所列版本为准。产品版本更新后，须经转换并告知客户，新版本方对客户生效。",
    ),
    Text(
        "Rates that follow the bank's listed rates change with them on the date that the bank makes known; "
        "points agreed above or below them stay.",
        "随挂牌利率浮动的利率，自银行公告之日起相应调整；约定的点差不变。",
    ),
    Text(
        "Interest is reckoned to the day at full precision and rounded once, to the minor unit, when it is "
        "settled. The bank explains every settlement by days, balances and rates.",
        "利息按日足额计算，仅在结息时舍入一次至货币最小单位。银行须逐笔列明计息天数、余额与利率。",
    ),
    Text(
        "Either side may end a product as its terms provide. Its account is closed when nothing is left on "
        "it and interest is settled.",
        "任一方可依条款终止产品。账户余额结清、利息结付后销户。",
    ),
)


def language_pair(text: Text) -> str:
    """Both languages on one line."""
    return f"{text.zh} {text.en}"
