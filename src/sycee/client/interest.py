"""What can be asked of a bank about rates and interest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sycee.client.interest_records import (
    AccruedInterest,
    InterestExplanation,
    InterestPosting,
    InterestPostingPage,
    Rate,
    RatePage,
    RateProposal,
    RateProposalPage,
    ReleasedRates,
)
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7

_PROPOSALS = "/v1/rate-proposals"
_TABLE = {"Accept": "text/csv"}


class InterestCalls:
    """The part of the client that is about rates and interest."""

    _transport: Transport

    async def rates(self, key: str | None = None, *, page: int = 500) -> AsyncIterator[Rate]:
        """Rates by key and start, of one key or of all."""
        cursor: str | None = None
        while True:
            params = {"key": key, "cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", "/v1/rates", RatePage, params=params)
            for rate in reply.rates:
                yield rate
            if (cursor := reply.next) is None:
                return

    async def propose_rates(
        self, rates: Iterable[Rate], *, note: str = "", id: UUID | None = None
    ) -> RateProposal:
        """Propose rates, which asks for an approval of the same id: somebody else releases them.

        The same id with the same rates is one proposal.
        """
        body: dict[str, Any] = {"rates": list(rates), "note": note, "id": id or uuid7()}
        return await self._transport.call("POST", _PROPOSALS, RateProposal, body=body)

    async def rate_proposals(self, *, waiting: bool = False, page: int = 20) -> AsyncIterator[RateProposal]:
        """Proposals of rates, the newest first; ``waiting``: only those that nobody has decided."""
        cursor: str | None = None
        while True:
            params = {"waiting": "true" if waiting else None, "cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", _PROPOSALS, RateProposalPage, params=params)
            for proposal in reply.proposals:
                yield proposal
            if (cursor := reply.next) is None:
                return

    async def release_rates(self, proposal: UUID | str) -> ReleasedRates:
        """Say yes to rates that somebody else proposed; the last yes puts them in force."""
        path = f"{_PROPOSALS}/{proposal}/release"
        return await self._transport.call("POST", path, ReleasedRates, body={}, key=str(uuid7()))

    async def accrued_interest(self, number: str, *, through: date | None = None) -> AccruedInterest:
        """What an account has earned since it was last settled, through a day (default: the last close)."""
        return await self._transport.call(
            "GET", f"/v1/accounts/{number}/interest", AccruedInterest, params=_through(through)
        )

    async def accrued_interest_csv(self, number: str, *, through: date | None = None) -> bytes:
        """The same as a CSV table."""
        path = f"/v1/accounts/{number}/interest"
        return (await self._transport.send("GET", path, params=_through(through), headers=_TABLE)).content

    async def interest_postings(self, number: str, *, page: int = 100) -> AsyncIterator[InterestPosting]:
        """What was settled, corrected and paid on an account, newest first."""
        cursor: str | None = None
        path = f"/v1/accounts/{number}/interest-postings"
        while True:
            params = {"cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", path, InterestPostingPage, params=params)
            for posting in reply.postings:
                yield posting
            if (cursor := reply.next) is None:
                return

    async def explain_interest(self, number: str, posting: UUID | str) -> InterestExplanation:
        """A posting with the days, balances and rates that made it."""
        path = f"/v1/accounts/{number}/interest-postings/{posting}"
        return await self._transport.call("GET", path, InterestExplanation)

    async def explain_interest_csv(self, number: str, posting: UUID | str) -> bytes:
        """The same as a CSV table that a customer can follow."""
        path = f"/v1/accounts/{number}/interest-postings/{posting}"
        return (await self._transport.send("GET", path, headers=_TABLE)).content


def _through(day: date | None) -> dict[str, str | None]:
    return {"through": None if day is None else day.isoformat()}
