"""A model of interest in plain Python: day by day, in fractions, no database.

Written from the rules of the bank, not from the engine, so that the two keep each other honest. A day earns
on the balance that counts on it by value date, on the terms and at the rates of that day. Days are added up
exactly; a settlement rounds once; what turns out otherwise later is corrected by the difference, valued on
the day of the settlement it corrects, as if it had been known in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sycee.components import InterestTerms, RateTier
from sycee.ledger import AccountStatus
from tests.products.interest.model_days import Day, Exact, Terms, earned, next_settlement_day, reckon, rounded
from tests.products.interest.model_records import Entry, ModelAccount, Pair, Posting, Refusal, Released

ONE_DAY = timedelta(days=1)
NO_CREDITS = {
    AccountStatus.CREDIT_BLOCKED: "credit_blocked",
    AccountStatus.FROZEN: "account_frozen",
    AccountStatus.CLOSED: "account_closed",
}
NO_DEBITS = {
    AccountStatus.DEBIT_BLOCKED: "debit_blocked",
    AccountStatus.FROZEN: "account_frozen",
    AccountStatus.DORMANT: "account_dormant",
    AccountStatus.CLOSED: "account_closed",
}


class Bank:
    """One cell: its accounts, its rates, and what of its interest stands in the general ledger."""

    def __init__(self, business_date: date) -> None:
        self.business_date = business_date
        self.accounts: dict[int, ModelAccount] = {}
        self.rates: dict[str, dict[date, Fraction]] = {}
        self.rates_version = 0
        self.posted = 0  # how many entries there have been
        self.fed = 0  # how many of them the last close has counted
        self.payable: dict[Pair, int] = {}
        self.accrued: dict[Pair, int] = {}
        self.withheld: dict[tuple[str, str], int] = {}

    # What happens by day.

    def record(self, account: int, amount: int, value_date: date | None = None) -> None:
        """An entry of the books: credits positive."""
        known = self.accounts.get(account)
        self.posted += 1
        if known is not None:
            known.balance += amount
            known.entries.append(
                Entry(self.posted, self.business_date, value_date or self.business_date, amount)
            )

    def start(self, account: int, terms: Terms, first: date, cycle: str, cycle_day: int) -> None:
        """Let an account bear interest from a day on."""
        known = self.accounts[account]
        known.first, known.cycle, known.cycle_day = first, cycle, cycle_day
        known.terms[first] = terms
        known.settled = first - ONE_DAY
        known.due = next_settlement_day(cycle, cycle_day, known.settled)
        known.version += 1

    def change_terms(self, account: int, terms: Terms, start: date) -> None:
        """Other terms from a day on, until the next day from which there are others still."""
        self.accounts[account].terms[start] = terms
        self.accounts[account].version += 1

    def stop(self, account: int, last: date) -> None:
        """No interest after a day; booked and taxed as before."""
        known = self.accounts[account]
        assert known.first is not None
        day = max(last + ONE_DAY, known.first)
        before = known.terms_on(day)
        nothing = InterestTerms(known.currency, "actual/360", "split", "parts", (RateTier(),))
        for later in [start for start in known.terms if start > day]:
            del known.terms[later]
        self.change_terms(account, Terms.of(nothing, before.accounting), day)

    def release(self, key: str, start: date, rate: Decimal) -> None:
        """A rate from a day on; on a day that has one, instead of it."""
        self.rates.setdefault(key, {})[start] = Fraction(rate)
        self.rates_version += 1

    # The close.

    def feed(self, day: date) -> None:
        """Count what was booked on a business date up to this one."""
        for account in self.accounts.values():
            for entry in account.entries:
                if entry.business_date <= day:
                    self.fed = max(self.fed, entry.number)

    def reaccrue(self) -> set[tuple[int, str]]:
        """Correct what was settled otherwise than it is reckoned now; which accounts failed, and why."""
        return {
            (number, refusal)
            for number, account in self.accounts.items()
            if account.first is not None
            for refusal in self._correct(account)
        }

    def accrue(self, next_day: date) -> None:
        """Bring interest payable to what is earned and not settled at the beginning of a day."""
        owed: dict[Pair, Fraction] = dict.fromkeys(self.payable, Fraction(0))
        for account in self.accounts.values():
            if account.first is not None:
                pair = account.terms_on(max(next_day - ONE_DAY, account.first)).pair
                owed[pair] = owed.get(pair, Fraction(0)) + self.unsettled(account, next_day - ONE_DAY)
        for pair, exact in owed.items():
            change = rounded(exact) - self.payable.get(pair, 0)
            self.payable[pair] = self.payable.get(pair, 0) + change
            self.accrued[pair] = self.accrued.get(pair, 0) + change

    def settle(self, through: date) -> set[tuple[int, str]]:
        """Settle who is due by a day; who failed, and why.

        An account is settled once a business date: the next settlement counts what this one pays.
        """
        failed = set()
        for number, account in self.accounts.items():
            booked = {one.booked_on for one in account.postings if one.kind == "settlement"}
            if account.due is not None and account.due <= through and self.business_date not in booked:
                try:
                    with self._all_or_nothing(account):
                        self._settle(account, account.due)
                except Refusal as refusal:
                    failed.add((number, refusal.code))
        return failed

    # One account by day.

    def settle_now(self, number: int, through: date) -> Posting | None:
        """Settle one account at once, on all that the books have. Raises Refusal."""
        account = self.accounts[number]
        with self._all_or_nothing(account):
            self._catch_up(account)
            return self._settle(account, through) if through > account.settled else None

    def pay(
        self, number: int, to: int, start: date, through: date, exact: Fraction, part: tuple[int, date] | None
    ) -> Posting:
        """Interest by a product's own rule, to an account; for a part, or for all through a day."""
        account = self.accounts[number]
        with self._all_or_nothing(account, self.accounts.get(to)):
            if part is not None:
                self.record(number, -part[0])
            self._catch_up(account)
            amount, today = rounded(exact), self.business_date
            if amount:
                self._refuse(self.accounts.get(to), amount)
                pair = account.terms_on(max(through, account.first or through)).pair
                self.payable[pair] = self.payable.get(pair, 0) - amount
                self.record(to, amount)
            posting = Posting("product", start, through, exact, amount, 0, today, today, None, to)
            account.postings.append(posting)
            if part is None:
                account.settled = max(account.settled, through)
                if account.due is not None and account.due <= account.settled:
                    account.due = next_settlement_day(account.cycle, account.cycle_day, account.settled)
            else:
                account.released.append(Released(part[0], part[1], today))
                account.version += 1
            return posting

    def _catch_up(self, account: ModelAccount) -> None:
        """Count everything, and correct what that changes, and what the corrections change."""
        account.fed = self.posted
        while True:
            for refusal in self._correct(account):
                raise Refusal(refusal)
            if account.fed == self.posted:
                return
            account.fed = self.posted

    def _correct(self, account: ModelAccount) -> Iterator[str]:
        """Correct every settlement that is reckoned otherwise by now; yields the refusals."""
        corrections = []
        for settlement in [one for one in account.postings if one.kind == "settlement"]:
            days = self.days(account, settlement.start, settlement.through)
            before = [
                one for one in account.postings if one is settlement or one.corrects == settlement.through
            ]
            exact = earned(days)
            tax = account.terms_on(settlement.through).tax(rounded(exact.amount))
            if exact.known and exact.amount == before[-1].exact and tax == sum(one.tax for one in before):
                continue
            corrections.append((settlement, before, exact, tax))
        for settlement, before, exact, tax in corrections:
            if not exact.known:
                yield "rate_unknown"
                continue
            difference = rounded(exact.amount) - sum(one.amount for one in before)
            withheld = tax - sum(one.tax for one in before)
            value = settlement.through + ONE_DAY
            try:
                self._book(account, difference, withheld, value, settlement.through)
            except Refusal as refusal:
                yield refusal.code
                continue
            posting = settlement._replace(
                kind="correction",
                exact=exact.amount,
                amount=difference,
                tax=withheld,
                booked_on=self.business_date,
                corrects=settlement.through,
                days=tuple(self.days(account, settlement.start, settlement.through)),
            )
            account.postings.append(posting)

    def _settle(self, account: ModelAccount, through: date) -> Posting:
        days = self.days(account, account.settled + ONE_DAY, through)
        exact = earned(days)
        if not exact.known:
            raise Refusal("rate_unknown")
        gross = rounded(exact.amount)
        tax = account.terms_on(through).tax(gross)
        value = through + ONE_DAY
        self._book(account, gross, tax, value, through)
        posting = Posting(
            "settlement", account.settled + ONE_DAY, through, exact.amount, gross, tax, value,
            self.business_date, None, account.number, tuple(days),
        )  # fmt: skip
        account.postings.append(posting)
        account.settled = through
        account.due = next_settlement_day(account.cycle, account.cycle_day, through)
        return posting

    def _book(self, account: ModelAccount, gross: int, tax: int, value: date, through: date) -> None:
        """From interest payable to the account, and to the tax office."""
        self._refuse(account, gross - tax)
        terms = account.terms_on(through)
        if gross:
            self.payable[terms.pair] = self.payable.get(terms.pair, 0) - gross
        if tax:
            key = (account.currency, terms.accounting.tax_subject)
            self.withheld[key] = self.withheld.get(key, 0) + tax
        if gross != tax:
            self.record(account.number, gross - tax, value)

    @staticmethod
    def _refuse(account: ModelAccount | None, amount: int) -> None:
        """Raise what the books would say to an amount for (below zero: from) an account."""
        if account is None or amount == 0:
            return
        code = (NO_CREDITS if amount > 0 else NO_DEBITS).get(account.status)
        if code is None and amount < 0 and account.floor is not None:
            code = "insufficient_funds" if account.balance - account.held + amount < account.floor else None
        if code:
            raise Refusal(code)

    @contextmanager
    def _all_or_nothing(self, *touched: ModelAccount | None) -> Iterator[None]:
        """What raises has not happened."""
        accounts = [(account, account.saved()) for account in touched if account is not None]
        kept = self.posted, dict(self.payable), dict(self.withheld)
        try:
            yield
        except Refusal:
            for account, saved in accounts:
                account.restore(saved)
            self.posted, self.payable, self.withheld = kept
            raise

    # Reading.

    def days(self, account: ModelAccount, first: date, last: date) -> list[Day]:
        """What every day earned, by what is known of it now."""
        key = (first, last, self.rates_version, account.version, account.known(self.fed))
        if key not in account.reckoned:
            account.reckoned[key] = reckon(account, self.rates, self.fed, first, last)
        days: list[Day] = account.reckoned[key]
        return days

    def reckoned(self, account: ModelAccount, first: date, last: date) -> Exact:
        """What some days earned, and whether all their rates are known."""
        return earned(self.days(account, first, last))

    def unsettled(self, account: ModelAccount, last: date) -> Fraction:
        """What is earned and not settled through a day, as far as rates are known."""
        return earned(self.open_days(account, last)).amount

    def open_days(self, account: ModelAccount, last: date) -> list[Day]:
        """What every day that is not settled earned, through a day: a day that is due ends a period."""
        first, due, found = account.settled + ONE_DAY, account.due, list[Day]()
        while due is not None and due < last:
            found += self.days(account, first, due)
            first, due = due + ONE_DAY, next_settlement_day(account.cycle, account.cycle_day, due)
        return found + self.days(account, first, last)
