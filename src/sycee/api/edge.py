"""What every handler of the API reaches for: the database, the settings, and who is asking."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

import msgspec
from litestar import Request
from litestar.types import Receive, Scope, Send

from sycee import ledger, products
from sycee.api.metrics import Metrics
from sycee.api.operations import JSON, Operation
from sycee.database import Database, Transaction
from sycee.database.batching import Batcher
from sycee.identity import Authenticator, InsufficientScope, InvalidToken, Token
from sycee.kernel.errors import Unauthenticated
from sycee.kernel.settings import Settings
from sycee.ledger import NewTransfer, Outcome
from sycee.operations import DayCloser
from sycee.products import Signed, SignRequest

POSTING_LANES = 4
"""Groups of cells whose small requests are posted side by side. More lanes make smaller batches."""

SIGNED_TOGETHER = 100
"""Most agreements that are signed in one transaction on behalf of several who ask for single ones."""

_JSON = JSON.encode()
_encode = msgspec.json.Encoder().encode


class Edge:
    """The parts that one application is made of."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.authenticator = Authenticator(database)
        self.metrics = Metrics()
        self.day_closer = DayCloser(database)
        self.batcher: Batcher[NewTransfer, Outcome] = Batcher(self._post_batch, settings.batch_max_items)

        self.signings: Batcher[tuple[SignRequest, str], Signed] = Batcher(self._sign_batch, SIGNED_TOGETHER)

    @cached_property
    def seal_keys(self) -> ledger.SealKeys:
        """The keys that the bank signs with. Raises SealKeyUnusable."""
        return ledger.SealKeys.at(self.settings.data_dir / ledger.SEAL_KEYS_FILE)

    async def _post_batch(self, transfers: list[NewTransfer]) -> list[Outcome]:
        return await self.post(transfers)

    async def post(
        self, transfers: Sequence[NewTransfer], *, atomic: bool = False, dry_run: bool = False
    ) -> list[Outcome]:
        """Post a list in one transaction of its own."""

        async def command(tx: Transaction) -> list[Outcome]:
            return await ledger.post_transfers(tx, transfers, atomic=atomic, dry_run=dry_run)

        outcomes = await self.database.run(command)
        if not dry_run:
            self.metrics.posted(outcomes)
        return outcomes

    async def sign(self, requests: Sequence[SignRequest], *, by: str, dry_run: bool = False) -> list[Signed]:
        """Sign a list in one transaction of its own."""

        async def command(tx: Transaction) -> list[Signed]:
            return await products.sign(tx, requests, by=by, dry_run=dry_run)

        return await self.database.run(command)

    async def _sign_batch(self, signings: list[tuple[SignRequest, str]]) -> list[Signed]:
        """Sign what was asked for by several, in one transaction: first come, first served."""

        async def command(tx: Transaction) -> list[Signed]:
            found: list[Signed] = []
            for by, group in groupby(signings, key=lambda signing: signing[1]):
                found += await products.sign(tx, [request for request, _ in group], by=by)
            return found

        return await self.database.run(command)


def edge_of(request: Request[Any, Any, Any]) -> Edge:
    """The parts of the application that a request came to."""
    edge: Edge = request.scope["litestar_app"].edge  # type: ignore[attr-defined]
    return edge


class JsonAnswer:
    """A JSON response with the headers it needs and no more: Litestar's own cost a tenth of a request."""

    __slots__ = ("_body", "_status")

    def __init__(self, body: bytes, status: int) -> None:
        self._body = body
        self._status = status

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """The ASGI response."""
        headers = [(b"content-type", _JSON), (b"content-length", b"%d" % len(self._body))]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


def answer(value: Any, *, status: int = 200) -> JsonAnswer:
    """A wire struct as a JSON response."""
    return JsonAnswer(_encode(value), status)


async def authorize(request: Request[Any, Any, Any]) -> None:
    """Before every request: who asks, and whether the token allows this operation.

    Litestar's guards would be the usual place, but it copies the whole handler for each call of one.
    Raises Unauthenticated, InvalidToken, InsufficientScope.
    """
    operation: Operation | None = request.route_handler.opt.get("operation")
    if operation is None or operation.scope is None:
        return
    header = request.headers.get("authorization")
    if header is None:
        raise Unauthenticated("send the header Authorization: Bearer <token>")
    kind, _, text = header.partition(" ")
    if kind.lower() != "bearer":
        raise InvalidToken("the Authorization header is not of the form Bearer <token>")
    authenticator = edge_of(request).authenticator
    token = authenticator.remembered(text) or await authenticator.authenticate(text.strip())
    if not token.allows(operation.scope):
        raise InsufficientScope(
            f"this needs a token with the scope {operation.scope}", required_scope=operation.scope
        )
    request.scope["auth"] = token


def token_of(request: Request[Any, Any, Any]) -> Token:
    """The token that a guarded request was made with."""
    token: Token = request.scope["auth"]
    return token
