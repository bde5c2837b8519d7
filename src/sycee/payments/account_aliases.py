"""From what a message calls an account to the account's number.

A name is looked up in the caller's map, then among the registered aliases, and is else taken
for an account number of this bank if it is one. Within each, the more particular name (the
number within its bank) goes before the bare number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sycee.database import Transaction
from sycee.kernel.ids import ACCOUNT_DIGITS, InvalidAccountNumber, parse_account_number
from sycee.payments.errors import AliasTaken, InvalidAlias
from sycee.payments.iso20022 import AccountReference, Agent, Fault, Reason, reason_of

LONGEST_IDENTIFIER = 120


async def add_account_aliases(tx: Transaction, aliases: Mapping[str, int]) -> None:
    """Let each identifier stand for an account number; the same again changes nothing.

    An identifier is an IBAN, another number (``50501055``), or a number within its bank
    (``12345678@GBDSC200000``). Raises InvalidAlias, and AliasTaken when one stands for another
    account already; then none is added.
    """
    for identifier in aliases:
        if not identifier or identifier != identifier.strip() or len(identifier) > LONGEST_IDENTIFIER:
            raise InvalidAlias(f"{identifier[:LONGEST_IDENTIFIER]!r} cannot stand for an account")
    names, numbers = list(aliases), list(aliases.values())
    await tx.execute(
        "INSERT INTO account_aliases (identifier, account)"
        " SELECT * FROM unnest(%s::text[], %s::bigint[]) ON CONFLICT DO NOTHING",
        (names, numbers),
    )
    cursor = await tx.execute(
        "SELECT a.identifier, a.account FROM account_aliases a"
        " JOIN unnest(%s::text[], %s::bigint[]) AS wanted (identifier, account) USING (identifier)"
        " WHERE a.account <> wanted.account ORDER BY a.identifier LIMIT 1",
        (names, numbers),
    )
    taken = await cursor.fetchone()
    if taken is not None:
        raise AliasTaken(f"{taken[0]} stands for account {taken[1]} already", identifier=taken[0])


async def aliases_of(tx: Transaction, account: int) -> list[str]:
    """What an account is called, in alphabetical order."""
    cursor = await tx.execute(
        "SELECT identifier FROM account_aliases WHERE account = %s ORDER BY identifier", (account,)
    )
    return [identifier for (identifier,) in await cursor.fetchall()]


class AccountBook:
    """Answers which account a message means, from names looked up beforehand, all in one query."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers

    @classmethod
    async def open(
        cls,
        tx: Transaction,
        references: Iterable[tuple[AccountReference, Agent]],
        account_map: Mapping[str, int] | None = None,
    ) -> AccountBook:
        """The book for some references, each with the bank that keeps the account."""
        given = dict(account_map or {})
        names = {name for reference, agent in references for name in reference.keys(agent)}
        unknown = sorted(names - given.keys())
        if unknown:
            cursor = await tx.execute(
                "SELECT identifier, account FROM account_aliases WHERE identifier = ANY(%s::text[])",
                (unknown,),
            )
            given |= dict(await cursor.fetchall())
        return cls(given)

    def number(self, reference: AccountReference, agent: Agent, whose: str) -> int | Fault:
        """The account's number, or the fault; whose is "debtor" or "creditor", for the sentence in it."""
        for name in reference.keys(agent):
            if name in self._numbers:
                return self._numbers[name]
        text = reference.text()
        if not text:
            detail = f"the instruction names no account of the {whose}"
            return Fault(Reason.INCORRECT_ACCOUNT, "account_not_found", detail)
        if reference.iban is None and len(text) == ACCOUNT_DIGITS and text.isdecimal():
            try:
                return parse_account_number(text)
            except InvalidAccountNumber as problem:
                return Fault(
                    reason_of(problem.code), problem.code, f"the {whose}'s account: {problem.detail}"
                )
        detail = f"the {whose}'s account {text} is not known to this bank"
        return Fault(Reason.INCORRECT_ACCOUNT, "account_not_found", detail)
