"""What every handler of the API reaches for: the database, the settings, and who is asking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from itertools import groupby
from typing import IO, Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request
from litestar.types import Receive, Scope, Send

from sycee import ledger, payments, products
from sycee.api.admission import Admission
from sycee.api.errors import BankOnly
from sycee.api.metrics import Metrics
from sycee.api.operations import JSON, Operation
from sycee.api.reach import Concern, check_body, check_path
from sycee.api.spooling import spooled
from sycee.api.stream_tail import StreamTail
from sycee.database import Database, Transaction
from sycee.database.batching import Batcher
from sycee.identity import (
    KEY_FILE,
    AddressLimits,
    Authenticator,
    Caller,
    InsufficientScope,
    InvalidToken,
    KeyFile,
    NotGranted,
)
from sycee.kernel import tracing
from sycee.kernel.errors import Unauthenticated
from sycee.kernel.settings import Settings
from sycee.ledger import NewTransfer, Outcome
from sycee.operations import DayCloser
from sycee.payments import BulkOrder, Instructor, NewPayment, PaymentOutcome
from sycee.products import Signed, SignRequest

T = TypeVar("T")

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
        self.authenticator = Authenticator(database, requests_per_s=settings.requests_per_s)
        self.address_limits = AddressLimits(settings.sign_ins_per_minute)
        self.metrics = Metrics()
        self.admission = Admission(settings.max_requests, settings.max_waiting_bytes, settings.max_body_bytes)
        self.day_closer = DayCloser(database)
        self.batcher: Batcher[NewTransfer, Outcome] = Batcher(
            self._post_batch, settings.batch_max_items, name="transfers"
        )

        self.instructions: Batcher[tuple[NewPayment, Instructor], PaymentOutcome] = Batcher(
            self._submit_batch, settings.batch_max_items, name="payments"
        )
        self.payment_tail = StreamTail(database, payments.stream_positions, "payments")
        self.debit_tail = StreamTail(database, payments.debits.debit_positions, "direct debits")
        self.streams: Counter[UUID] = Counter()
        """How many streams of events each principal has open."""
        self.signings: Batcher[tuple[SignRequest, str], Signed] = Batcher(
            self._sign_batch, SIGNED_TOGETHER, name="signings"
        )
        self.metrics.watch(
            database,
            {"transfers": self.batcher, "payments": self.instructions, "signings": self.signings},
        )

    def end_streams(self) -> None:
        """Let go those who only listen: the process is being stopped."""
        for tail in (self.payment_tail, self.debit_tail):
            tail.end()

    @cached_property
    def seal_keys(self) -> ledger.SealKeys:
        """The keys that the bank signs with. Raises SealKeyUnusable."""
        return ledger.SealKeys.at(self.settings.data_dir / ledger.SEAL_KEYS_FILE)

    @cached_property
    def keys(self) -> KeyFile:
        """What the bank's secrets are encrypted with. Raises KeyFileUnusable."""
        return KeyFile.at(self.settings.data_dir / KEY_FILE)

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

    async def pay(
        self,
        instructions: Sequence[tuple[NewPayment, Instructor]],
        *,
        all_or_nothing: bool = False,
        dry_run: bool = False,
    ) -> list[PaymentOutcome]:
        """Submit payments of one customer's people and machines, or of the bank's, in one transaction."""
        (customer,) = {maker.customer for _, maker in instructions}
        wanted = [payment for payment, _ in instructions]
        makers = [maker for _, maker in instructions]
        tracing.mark("sycee.payment_ids", (payment.id for payment in wanted))

        async def command(tx: Transaction) -> list[PaymentOutcome]:
            return await payments.submit_payments(
                tx, wanted, by=makers, all_or_nothing=all_or_nothing, dry_run=dry_run
            )

        return await self.database.run(command, acting_for=customer)

    async def _submit_batch(self, instructions: list[tuple[NewPayment, Instructor]]) -> list[PaymentOutcome]:
        return await self.pay(instructions)

    async def carry_out(self, order: UUID, *, for_s: float) -> BulkOrder:
        """Work at a bulk order, which the caller was found to own; each part in a transaction of the bank."""
        return await payments.carry_out_bulk_order(self.database, order, for_s=for_s)

    async def status_report(self, order: BulkOrder) -> IO[bytes]:
        """The report on a bulk order, which the caller was found to own, as it is at one moment."""
        async with self.database.transaction() as tx:
            await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return await spooled(payments.bulk_status_report(tx, order))

    async def sign(self, requests: Sequence[SignRequest], *, by: str, dry_run: bool = False) -> list[Signed]:
        """Sign a list in one transaction of its own."""

        async def command(tx: Transaction) -> list[Signed]:
            return await products.sign(tx, requests, by=by, dry_run=dry_run)

        return await self.database.run(command)

    async def ask_to_sign(self, requests: Sequence[SignRequest], *, by: Caller) -> list[Signed]:
        """Ask for a list on behalf of a person: others may have to agree before anything is signed."""

        async def command(tx: Transaction) -> list[Signed]:
            return await products.ask_to_sign(tx, requests, by=by)

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
    """Before every request: who asks, and whether they may do this.

    Litestar's guards would be the usual place, but it copies the whole handler for each call of one.
    Raises Unauthenticated, InvalidToken, PrincipalNotActive, BankOnly, InsufficientScope, NotGranted.
    """
    operation: Operation | None = request.route_handler.opt.get("operation")
    if operation is None or (operation.scope is None and not operation.signed_in):
        return
    headers = request.headers.getall("authorization", [])
    if len(headers) > 1:
        raise InvalidToken("the Authorization header is sent twice: a proxy could have read the other")
    header = headers[0] if headers else None
    if header is None:
        raise Unauthenticated("send the header Authorization: Bearer <token>")
    kind, _, text = header.partition(" ")
    if kind.lower() != "bearer":
        raise InvalidToken("the Authorization header is not of the form Bearer <token>")
    edge = edge_of(request)
    caller = edge.authenticator.remembered(text) or await _look_up(request, edge, text.strip())
    if operation.scope is not None:
        _refuse_beyond(caller, operation)
    request.scope["auth"] = caller
    if caller.grants and operation.scope is not None and not operation.concerns_body:
        await check_path(request, edge.database, caller, operation.scope)


async def _look_up(request: Request[Any, Any, Any], edge: Edge, text: str) -> Caller:
    """The caller, of whom the database is asked, unless too many were refused to the address of late."""
    address = address_of(request)
    await edge.address_limits.need_room(address)
    try:
        return await edge.authenticator.authenticate(text)
    except InvalidToken:
        await edge.address_limits.count_refusal(address)
        raise


def _refuse_beyond(caller: Caller, operation: Operation) -> None:
    """Refuse what the caller may not do at all. Raises BankOnly, InsufficientScope, NotGranted."""
    assert operation.scope is not None
    if caller.customer is not None and not operation.customers:
        raise BankOnly("this is for the bank's own people and machines")
    if caller.allows(operation.scope):
        if operation.machines and not caller.is_machine:
            raise NotGranted("this is for machines of the bank: people send bulk orders, which may wait")
        return
    if caller.is_machine:
        raise InsufficientScope(
            f"this needs a token with the scope {operation.scope}", required_scope=operation.scope
        )
    detail = f"no role that was given allows {operation.scope}"
    if caller.session is not None and not caller.grants:
        detail += "; has the password to be changed, or a device set up?"
    raise NotGranted(detail, permission=str(operation.scope))


def address_of(request: Request[Any, Any, Any]) -> str:
    """From where a request came: the connection's other end, or what a proxy that we trust says of it.

    A proxy adds the address that it saw to the end of ``X-Forwarded-For``, or as a header of its own after
    those that came; what stands before is hearsay.
    """
    client = request.scope.get("client")
    address = client[0] if client else ""
    if address in edge_of(request).settings.proxies:
        said = request.headers.getall("x-forwarded-for", [""])[-1].rpartition(",")[2].strip()
        return said[:60] or address
    return address


def caller_of(request: Request[Any, Any, Any]) -> Caller:
    """Who made a guarded request."""
    caller: Caller = request.scope["auth"]
    return caller


def transaction(request: Request[Any, Any, Any]) -> AbstractAsyncContextManager[Transaction]:
    """A transaction for a request: one that acts for the caller's customer, when it is a customer's.

    Handlers open theirs here and nowhere else, so that none can forget whose request it is.
    """
    return edge_of(request).database.transaction(acting_for=customer_of(request))


async def run(request: Request[Any, Any, Any], command: Callable[[Transaction], Awaitable[T]]) -> T:
    """Run a whole command for a request: for the caller's customer, when it is a customer's."""
    return await edge_of(request).database.run(command, acting_for=customer_of(request))


def customer_of(request: Request[Any, Any, Any]) -> UUID | None:
    """The customer whose person or machine made a request; None is the bank, or nobody in particular."""
    caller: Caller | None = request.scope.get("auth")
    return None if caller is None else caller.customer


async def require(
    request: Request[Any, Any, Any], concerns: Sequence[Concern], tx: Transaction | None = None
) -> None:
    """Refuse what no grant of the caller reaches, by what the body says that it concerns.

    In ``tx``, or in a transaction of its own; for machines at no cost. Raises NotGranted.
    """
    caller = caller_of(request)
    if not caller.grants:
        return
    operation: Operation = request.route_handler.opt["operation"]
    assert operation.scope is not None
    if tx is not None:
        await check_body(tx, caller, operation.scope, concerns)
        return
    async with transaction(request) as own:
        await check_body(own, caller, operation.scope, concerns)
