"""Interest on an account: what it has earned, what was posted, and why."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from litestar import get
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import ledger, products
from sycee.api import conversions
from sycee.api import interest_shapes as shapes
from sycee.api import rate_examples as examples
from sycee.api.bodies import AnyRequest, read_query, read_uuid, sane_date
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, transaction
from sycee.api.errors import DateOutOfRange, InvalidIdentifier
from sycee.api.formats import negotiate
from sycee.api.operations import CSV, JSON, describe
from sycee.api.schemas import interest as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.identity import Scope
from sycee.kernel.ids import InvalidAccountNumber
from sycee.ledger import AccountNotFound, InvalidCursor

LAST_YEAR = 2199
"""The last year through which interest is reckoned ahead."""


class AccruedQuery(Wire):
    """Through which day."""

    through: Annotated[
        date | None,
        Meta(
            description="The last day to count. Default: the last day that is closed. Of days to come, what "
            "they earn if nothing changes.",
            examples=["2026-06-20"],
        ),
    ] = None


class PostingQuery(Wire):
    """Where to read on."""

    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most postings of a page.")] = 100


@get(
    "/v1/accounts/{number:str}/interest",
    opt=describe(
        id="get_accrued_interest",
        summary="See what an account has earned",
        description="Interest since the account was last settled, on balances as of the last close, with the "
        "days, balances and rates that make it. As a table with `Accept: text/csv`.",
        tag="Interest",
        scope=Scope.AGREEMENTS_READ,
        customers=True,
        query=AccruedQuery,
        response=wire.AccruedInterest,
        example=examples.ACCRUED,
        other_media={CSV: examples.ACCRUED_CSV},
        errors=(
            InvalidAccountNumber,
            AccountNotFound,
            DateOutOfRange,
            products.NotInterestBearing,
            products.InvalidInterest,
        ),
    ),
)
async def get_accrued_interest(request: AnyRequest, number: FromPath[str]) -> ASGIApp:
    """See what an account has earned."""
    parsed = conversions.read_account(number)
    query = read_query(request, AccruedQuery)
    sane_date(query.through, "through")
    if query.through is not None and query.through.year > LAST_YEAR:
        raise DateOutOfRange(f"interest is reckoned ahead through {LAST_YEAR}, not through {query.through}")
    media = negotiate(request, JSON, CSV)
    async with transaction(request) as tx:
        await ledger.get_account(tx, parsed)
        found = await products.accrued_interest(tx, parsed, query.through)
    return shapes.accrued_table(found) if media == CSV else answer(shapes.accrued(found))


@get(
    "/v1/accounts/{number:str}/interest-postings",
    opt=describe(
        id="list_interest_postings",
        summary="List an account's interest postings",
        description="Settlements, corrections and what products paid by their own rule, newest first.",
        tag="Interest",
        scope=Scope.AGREEMENTS_READ,
        customers=True,
        query=PostingQuery,
        response=wire.InterestPostingPage,
        example={"postings": [examples.POSTING], "next": None},
        errors=(InvalidAccountNumber, AccountNotFound, InvalidCursor),
    ),
)
async def list_interest_postings(request: AnyRequest, number: FromPath[str]) -> ASGIApp:
    """List an account's interest postings."""
    parsed = conversions.read_account(number)
    query = read_query(request, PostingQuery)
    before = read_id_cursor(query.cursor)
    async with transaction(request) as tx:
        currency = (await ledger.get_account(tx, parsed)).currency
        found = await products.interest_postings(tx, parsed, before=before, limit=query.limit + 1)
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        wire.InterestPostingPage(
            postings=[shapes.posting(one, currency) for one in page],
            next=following,
        )
    )


@get(
    "/v1/accounts/{number:str}/interest-postings/{posting_id:str}",
    opt=describe(
        id="explain_interest_posting",
        summary="Explain an interest posting",
        description="A posting of interest with the days, parts of the balance and rates that made it; of a "
        "correction also what was posted before, and the difference. As a table that a customer can follow "
        "with `Accept: text/csv`.",
        tag="Interest",
        scope=Scope.AGREEMENTS_READ,
        customers=True,
        response=wire.InterestExplanation,
        example=examples.EXPLANATION,
        other_media={CSV: examples.EXPLANATION_CSV},
        errors=(
            InvalidAccountNumber,
            InvalidIdentifier,
            AccountNotFound,
            products.InterestPostingNotFound,
        ),
    ),
)
async def explain_interest_posting(
    request: AnyRequest, number: FromPath[str], posting_id: FromPath[str]
) -> ASGIApp:
    """Explain an interest posting."""
    parsed, id = conversions.read_account(number), read_uuid(posting_id)
    media = negotiate(request, JSON, CSV)
    async with transaction(request) as tx:
        await ledger.get_account(tx, parsed)
        found = await products.explain(tx, parsed, id)
    return shapes.explanation_table(found) if media == CSV else answer(shapes.explanation(found))


HANDLERS = [get_accrued_interest, list_interest_postings, explain_interest_posting]
