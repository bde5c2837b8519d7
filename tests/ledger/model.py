"""A model of the books in plain Python: dictionaries, one transfer at a time, no database.

Written from the rules of the bank, not from the SQL, so that the two keep each other honest. Every record
is immutable and kept in a dictionary: a copy of the dictionaries is a copy of the books, which is how a
linked chain or a dry run is taken back here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sycee.ledger import AccountStatus, HistoricalTransfer, NewTransfer, TransferKind
from tests.ledger.model_records import (
    ALREADY,
    BETWEEN_CELLS_SUBJECT,
    LARGEST_AMOUNT,
    LARGEST_BALANCE,
    NO_CREDITS,
    NO_DEBITS,
    RESTRICTED,
    STATUS_OF,
    Effect,
    Judged,
    Key,
    ModelAccount,
    ModelEntry,
    ModelHold,
    ModelTransfer,
)


class Books:
    """The books of a bank."""

    def __init__(self, cells: dict[int, date]) -> None:
        self.dates = dict(cells)
        self.accounts: dict[Key, ModelAccount] = {}
        self.transfers: dict[UUID, ModelTransfer] = {}
        self.holds: dict[UUID, ModelHold] = {}
        self.entries: dict[Key, tuple[ModelEntry, ...]] = {}
        self.totals: dict[tuple[int, date, str, str], tuple[int, int]] = {}
        self.lists = 0
        self.by_product = False  # whether the present list is a product's

    # What happens to accounts and days.

    def open(self, number: int, account: ModelAccount) -> None:
        """Open an account."""
        self.accounts[number] = account

    def change(self, number: int, *, status: AccountStatus | None = None, floor: int | None = None) -> None:
        """Change an account's status or floor."""
        account = self.accounts[number]
        of_product = {AccountStatus.RESTRICTED: True, AccountStatus.OPEN: False}
        self.accounts[number] = account._replace(
            status=status or account.status,
            floor=account.floor if floor is None else floor,
            of_product=of_product.get(status, account.of_product) if status else account.of_product,
        )

    def can_close(self, number: int) -> bool:
        """Whether nothing is on the account, nor will be."""
        account = self.accounts[number]
        return not (account.posted or account.held or account.incoming)

    def is_left_to_its_product(self, number: int, status: AccountStatus | None) -> bool:
        """Whether giving it this status is for a product alone."""
        if self.accounts[number].of_product:
            return status in {AccountStatus.OPEN, AccountStatus.CLOSED}
        return status is AccountStatus.RESTRICTED

    # Lists.

    def post(
        self,
        transfers: Sequence[NewTransfer],
        now: datetime,
        *,
        atomic: bool = False,
        dry_run: bool = False,
        by_product: bool = False,
    ) -> list[Judged]:
        """Post a list at an instant."""
        saved = self._copy()
        self.by_product = by_product
        self.lists += 1
        last = len(transfers) - 1
        links = [place < last if atomic else transfer.linked for place, transfer in enumerate(transfers)]
        outcomes: list[Judged] = []
        while len(outcomes) < len(transfers):
            first = len(outcomes)
            end = first
            while end < last and links[end]:
                end += 1
            outcomes += self._post_chain(transfers[first : end + 1], now, is_open=links[end])
        if dry_run:
            self._take_back(saved)
        return outcomes

    def _post_chain(self, chain: Sequence[NewTransfer], now: datetime, *, is_open: bool) -> list[Judged]:
        """Post transfers that belong together; one by itself is a chain of one."""
        saved = self._copy()
        outcomes: list[Judged] = []
        for place, transfer in enumerate(chain):
            judged = self._post_one(transfer, now)
            if is_open and place == len(chain) - 1 and judged.code is None:
                judged = Judged("rejected", "linked_chain_open")
            outcomes.append(judged)
            if judged.code is not None:
                break
        else:
            return outcomes
        self._take_back(saved)
        failed = Judged("rejected", "linked_failed")
        before = [
            judged if judged.status == "duplicate" and transfer.id in self.transfers else failed
            for transfer, judged in zip(chain, outcomes[:-1], strict=False)
        ]
        return before + outcomes[-1:] + [failed] * (len(chain) - len(outcomes))

    def _post_one(self, transfer: NewTransfer, now: datetime) -> Judged:
        known = self.transfers.get(transfer.id)
        if known is not None:
            if self._is_same(transfer, known):
                return Judged("duplicate", first=STATUS_OF[known.asked.kind])
            return Judged("rejected", "id_reused")
        effect = self._effect(transfer, now)
        refusal = effect if isinstance(effect, str) else self._refusal(transfer, effect, now)
        if refusal is not None or isinstance(effect, str):
            return Judged("rejected", refusal)
        self._write(transfer, effect, now)
        return Judged(STATUS_OF[transfer.kind])

    @staticmethod
    def _is_same(new: NewTransfer, known: ModelTransfer) -> bool:
        """Whether it is said again.

        What may be left out, and is, says nothing else; nor does what a transfer of its kind has no use for.
        """
        old = known.asked
        same = (
            new.kind is old.kind
            and new.reference == old.reference
            and new.description == old.description
            and new.amount in {None, known.amount}
            and new.value_date in {None, known.value_date}
        )
        if new.kind in {TransferKind.TRANSFER, TransferKind.PENDING}:
            same = same and (new.debit, new.credit, new.currency) == (old.debit, old.credit, old.currency)
        else:
            same = same and new.target == old.target
        if new.kind is TransferKind.PENDING:
            same = same and new.expires_at == old.expires_at
        if isinstance(new, HistoricalTransfer):  # what was posted live was not booked at the instant it names
            same = same and isinstance(old, HistoricalTransfer)
            if isinstance(old, HistoricalTransfer):
                same = same and (new.booked_at, new.business_date) == (old.booked_at, old.business_date)
        return same

    # Judging one transfer.

    def _effect(self, transfer: NewTransfer, now: datetime) -> Effect | str:  # noqa: PLR0911 - a return a rule
        """What it would do; or, when its target or amount makes no sense, the code of the refusal."""
        if transfer.kind in {TransferKind.TRANSFER, TransferKind.PENDING}:
            return self._effect_of_new(transfer)
        target = self.transfers.get(transfer.target) if transfer.target else None
        if target is None:
            return "target_not_found"
        if transfer.currency and transfer.currency != target.currency:
            return "currency_mismatch"
        amount = target.amount if transfer.amount is None else transfer.amount
        if transfer.kind is TransferKind.REVERSAL:
            if target.asked.kind not in {TransferKind.TRANSFER, TransferKind.POST}:
                return "target_not_reversible"
            if target.reversed_by is not None:
                return "already_reversed"
            if amount != target.amount:
                return "invalid_amount"
            return Effect(target.credit, target.debit, amount, target.currency, amount, 0)
        return self._effect_on_hold(transfer, target, amount, now)

    @staticmethod
    def _effect_of_new(transfer: NewTransfer) -> Effect | str:
        amount = transfer.amount
        if amount is None or amount <= 0:
            return "invalid_amount"
        if amount > LARGEST_AMOUNT:
            return "amount_out_of_range"
        if transfer.debit == transfer.credit:
            return "same_account"
        pending = transfer.kind is TransferKind.PENDING
        return Effect(
            transfer.debit,
            transfer.credit,
            amount,
            transfer.currency,
            0 if pending else amount,
            amount if pending else 0,
        )

    def _effect_on_hold(
        self, transfer: NewTransfer, target: ModelTransfer, amount: int, now: datetime
    ) -> Effect | str:
        if target.asked.kind is not TransferKind.PENDING:
            return "target_not_pending"
        hold = self.holds[target.asked.id]
        if hold.state in ALREADY:
            return ALREADY[hold.state]
        expires_at = target.asked.expires_at
        if transfer.kind is not TransferKind.EXPIRY and expires_at is not None and expires_at <= now:
            return "already_expired"
        posting = transfer.kind is TransferKind.POST
        if amount <= 0 or (amount != target.amount and not posting):
            return "invalid_amount"
        if amount > target.amount:
            return "exceeds_pending"
        return Effect(
            target.debit,
            target.credit,
            amount,
            target.currency,
            amount if posting else 0,
            -target.amount,
        )

    def _refusal(self, transfer: NewTransfer, effect: Effect, now: datetime) -> str | None:  # noqa: PLR0911 - a return a rule
        """Why the accounts do not allow it; None when they do."""
        debit, credit = self.accounts.get(effect.debit), self.accounts.get(effect.credit)
        if debit is None or credit is None:
            return "account_not_found"
        refusal = self._refusal_of_statuses(transfer.kind, debit, credit)
        if refusal:
            return refusal
        if not effect.currency == debit.currency == credit.currency:
            return "currency_mismatch"
        if transfer.kind is TransferKind.PENDING and transfer.expires_at and transfer.expires_at <= now:
            return "invalid_expiry"
        if isinstance(transfer, HistoricalTransfer):
            if not self._in_order(transfer, effect, debit, credit, now):
                return "out_of_order"
        elif self._too_little(debit, effect, 1) or self._too_little(credit, effect, -1):
            return "insufficient_funds"
        most = effect.moved + max(effect.pending, 0)
        if max(abs(debit.posted - most), abs(credit.posted + most)) > LARGEST_BALANCE:
            return "balance_out_of_range"
        return None

    def _refusal_of_statuses(
        self, kind: TransferKind, debit: ModelAccount, credit: ModelAccount
    ) -> str | None:
        """Giving back is always allowed, but for the product's alone; what has expired is given back too."""
        refusal = None
        if kind not in {TransferKind.VOID, TransferKind.EXPIRY}:
            refusal = NO_DEBITS.get(debit.status) or NO_CREDITS.get(credit.status)
        if refusal is None and kind is not TransferKind.EXPIRY and not self.by_product:
            refusal = RESTRICTED.get(debit.status) or RESTRICTED.get(credit.status)
        return refusal

    @staticmethod
    def _too_little(account: ModelAccount, effect: Effect, sign: int) -> bool:
        """Whether what goes out on the side that ``sign`` lowers would cross the account's floor."""
        out = effect.moved + effect.pending
        if account.sign != sign or account.floor is None or out <= 0:
            return False
        return account.balance - account.held - out < account.floor

    def _in_order(
        self,
        transfer: HistoricalTransfer,
        effect: Effect,
        debit: ModelAccount,
        credit: ModelAccount,
        now: datetime,
    ) -> bool:
        ends = [effect.debit // 10**15, effect.credit // 10**15]
        return (
            transfer.booked_at <= now
            and all(transfer.business_date <= self.dates[cell] for cell in ends)
            and all(
                (account.last_booked_at is None or account.last_booked_at <= transfer.booked_at)
                and (
                    account.last_business_date is None or account.last_business_date <= transfer.business_date
                )
                for account in (debit, credit)
            )
        )

    # Writing what was found right.

    def _write(self, transfer: NewTransfer, effect: Effect, now: datetime) -> None:
        from_cell, to_cell = effect.debit // 10**15, effect.credit // 10**15
        if from_cell == to_cell:
            self._write_leg(from_cell, effect.debit, effect.credit, transfer, effect, now)
        else:
            out = self._between(from_cell, to_cell, effect.currency)
            into = self._between(to_cell, from_cell, effect.currency)
            self._write_leg(from_cell, effect.debit, out, transfer, effect, now)
            self._write_leg(to_cell, into, effect.credit, transfer, effect, now)
        business_date = (
            transfer.business_date if isinstance(transfer, HistoricalTransfer) else self.dates[from_cell]
        )
        self.transfers[transfer.id] = ModelTransfer(
            transfer,
            effect.debit,
            effect.credit,
            effect.amount,
            effect.currency,
            business_date,
            transfer.value_date or business_date,
        )
        if transfer.kind is TransferKind.PENDING:
            self.holds[transfer.id] = ModelHold("pending")
        elif transfer.kind is TransferKind.REVERSAL and transfer.target:
            self.transfers[transfer.target] = self.transfers[transfer.target]._replace(
                reversed_by=transfer.id
            )
        elif transfer.target and transfer.kind is not TransferKind.TRANSFER:
            self.holds[transfer.target] = ModelHold(STATUS_OF[transfer.kind], transfer.id)

    def _between(self, cell: int, other: int, currency: str) -> Key:
        key = ("between", cell, other, currency)
        # Frozen: the books alone move it, as the far end of a leg.
        frozen = AccountStatus.FROZEN
        self.accounts.setdefault(key, ModelAccount(currency, 1, None, BETWEEN_CELLS_SUBJECT, frozen))
        return key

    def _write_leg(
        self, cell: int, debit: Key, credit: Key, transfer: NewTransfer, effect: Effect, now: datetime
    ) -> None:
        booked_at = transfer.booked_at if isinstance(transfer, HistoricalTransfer) else now
        day = transfer.business_date if isinstance(transfer, HistoricalTransfer) else self.dates[cell]
        for side, key, far_end in (("debit", debit, effect.credit), ("credit", credit, effect.debit)):
            account = self.accounts[key]
            debited, credited = (effect.moved, 0) if side == "debit" else (0, effect.moved)
            account = account._replace(
                posted=account.posted + credited - debited,
                pending_debits=account.pending_debits + (effect.pending if side == "debit" else 0),
                pending_credits=account.pending_credits + (effect.pending if side == "credit" else 0),
                entries=account.entries + 1,
                last_booked_at=booked_at,
                last_business_date=day,
            )
            self.accounts[key] = account
            entry = ModelEntry(
                transfer.id,
                transfer.kind,
                side,
                effect.amount,
                account.balance,
                account.held,
                far_end,
                day,
                transfer.value_date or day,
                self.lists,
            )
            self.entries[key] = (*self.entries.get(key, ()), entry)
            if effect.moved:
                total = (cell, day, account.subject, account.currency)
                debits, credits = self.totals.get(total, (0, 0))
                self.totals[total] = (debits + debited, credits + credited)

    def _copy(self) -> tuple[dict[Any, Any], ...]:
        return tuple(dict(kept) for kept in self._kept())

    def _take_back(self, saved: tuple[dict[Any, Any], ...]) -> None:
        for kept, old in zip(self._kept(), saved, strict=True):
            kept.clear()
            kept.update(old)

    def _kept(self) -> tuple[dict[Any, Any], ...]:
        return self.accounts, self.transfers, self.holds, self.entries, self.totals

    # Reading.

    def due(self, now: datetime) -> list[UUID]:
        """The pending transfers past their expiry."""
        return [
            id
            for id, hold in self.holds.items()
            if hold.state == "pending"
            and (expires_at := self.transfers[id].asked.expires_at) is not None
            and expires_at <= now
        ]

    def posted_entries(self, key: Key) -> list[ModelEntry]:
        """The entries that moved something, oldest first: what a statement shows."""
        moving = {TransferKind.TRANSFER, TransferKind.POST, TransferKind.REVERSAL}
        return [entry for entry in self.entries.get(key, ()) if entry.kind in moving]
