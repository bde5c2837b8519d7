"""The application: handlers, guard and problem details put together around a database.

``create_app`` is a pure function of its parts. It starts nothing and opens nothing; what it is
given is used as it is, and whoever opened the database closes it.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, route
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse
from litestar.types import Message

from sycee.api.admission import refuse
from sycee.api.edge import Edge, authorize
from sycee.api.errors import AmbiguousPath
from sycee.api.exchanges import Exchange
from sycee.api.openapi import build_document
from sycee.api.operations import PROBLEM
from sycee.api.problems import problem_json, render_problem
from sycee.api.routes import (
    account_messages,
    accounts,
    agreement_changes,
    agreements,
    approval_rules,
    approvals,
    bank_transfers,
    bulk_orders,
    cells,
    collections,
    component_proposals,
    components,
    customers,
    deposit_freezes,
    deposit_notices,
    deposits,
    direct_debit_mandates,
    direct_debit_stream,
    direct_debit_terms,
    direct_debits,
    documents,
    due_deposits,
    due_diligence,
    ends_of_day,
    escrow,
    health,
    interest,
    mandates,
    me,
    oauth,
    ownership,
    payment_files,
    payment_stream,
    payments,
    persons,
    principals,
    rail_messages,
    rail_terms,
    rails,
    rates,
    receipts,
    reconciliations,
    reference,
    roles,
    screening,
    security_events,
    sessions,
    standing_orders,
    statements,
    stopped_payments,
    substitutions,
    transfers,
    trial_balance,
    webhook_deliveries,
    webhooks,
)
from sycee.api.telling import Told
from sycee.database import Database
from sycee.kernel.settings import Settings

HANDLERS: list[HTTPRouteHandler] = [
    *accounts.HANDLERS,
    *statements.HANDLERS,
    *account_messages.HANDLERS,
    *receipts.HANDLERS,
    *transfers.HANDLERS,
    *trial_balance.HANDLERS,
    *payments.HANDLERS,
    *payment_stream.HANDLERS,
    *stopped_payments.HANDLERS,
    *payment_files.HANDLERS,
    *bank_transfers.HANDLERS,
    *bulk_orders.HANDLERS,
    *direct_debit_mandates.HANDLERS,
    *direct_debit_stream.HANDLERS,
    *direct_debits.HANDLERS,
    *direct_debit_terms.HANDLERS,
    *collections.HANDLERS,
    *standing_orders.HANDLERS,
    *escrow.HANDLERS,
    *rail_terms.HANDLERS,
    *rail_messages.HANDLERS,
    *rails.HANDLERS,
    *reconciliations.HANDLERS,
    *screening.HANDLERS,
    *webhooks.HANDLERS,
    *webhook_deliveries.HANDLERS,
    *customers.HANDLERS,
    *ownership.HANDLERS,
    *persons.HANDLERS,
    *due_diligence.HANDLERS,
    *mandates.HANDLERS,
    *agreements.HANDLERS,
    *agreement_changes.HANDLERS,
    *roles.HANDLERS,
    *approvals.HANDLERS,
    *approval_rules.HANDLERS,
    *substitutions.HANDLERS,
    *cells.HANDLERS,
    *components.HANDLERS,
    *component_proposals.HANDLERS,
    *rates.HANDLERS,
    *interest.HANDLERS,
    *deposits.HANDLERS,
    *deposit_notices.HANDLERS,
    *deposit_freezes.HANDLERS,
    *due_deposits.HANDLERS,
    *ends_of_day.HANDLERS,
    *documents.HANDLERS,
    *sessions.HANDLERS,
    *me.HANDLERS,
    *principals.HANDLERS,
    *oauth.HANDLERS,
    *security_events.HANDLERS,
    *health.HANDLERS,
    *reference.HANDLERS,
]

_SEPARATORS = re.compile(rb"%(2f|5c|00|25)", re.IGNORECASE)

_TOLD = ("auth", "path_template", "state")

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


class SyceeApp(Litestar):
    """Litestar with the parts of one bank, which names, traces, times, counts and logs every request."""

    edge: Edge
    openapi_json: bytes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Litestar's entry point, with the clock around it (unknown paths and methods included)."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        edge = self.edge
        with Told(scope, edge.settings.log_requests) as told:

            async def named(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], *told.headers]
                await send(message)

            patience_s = 0.0 if edge.database.is_closed else edge.settings.database_patience_s
            exchange = Exchange(
                scope, receive, named, patience_s=patience_s, kept_bytes=edge.settings.max_body_bytes
            )
            started = time.perf_counter()
            edge.metrics.started()
            try:
                await self._admit(exchange, scope)
            finally:
                scope.update({name: exchange.scope[name] for name in _TOLD if name in exchange.scope})
                route, seconds = scope.get("path_template") or "unknown", time.perf_counter() - started
                edge.metrics.answered(scope["method"], route, exchange.status, seconds)
                told.answered(route, exchange.status, seconds)

    async def _admit(self, exchange: Exchange, scope: Any) -> None:
        """Answer a request for which there is a place, and refuse any other."""
        edge = self.edge
        place = edge.admission.enter(scope)
        if place is None:
            edge.metrics.shed()
            await refuse(scope, exchange.receive, exchange.send)
            return
        try:
            if _is_ambiguous(scope):
                await _refuse_path(scope, exchange.receive, exchange.send)
            else:
                await self._answer(exchange)
        finally:
            edge.admission.leave(place)

    async def _answer(self, exchange: Exchange) -> None:
        """Work an answer out, anew while the database has no leader."""
        while True:
            await super().__call__(exchange.begin(), exchange.receive, exchange.send)
            if not exchange.again:
                return
            await exchange.pause()


def _is_ambiguous(scope: Any) -> bool:
    """Whether a proxy that guards paths could read this one otherwise than we route it."""
    raw: bytes = (scope.get("raw_path") or b"").partition(b"?")[0]  # some servers add the query
    return "//" in scope["path"] or (b"%" in raw and _SEPARATORS.search(raw) is not None)


async def _refuse_path(scope: Any, receive: Any, send: Any) -> None:
    error = AmbiguousPath("no empty parts, and no encoded separators: write the path as the document does")
    body = problem_json(error, scope["path"], scope["request_id"])
    answer = ASGIResponse(body=body, status_code=error.status, media_type=PROBLEM)
    await answer(scope, receive, send)


def create_app(database: Database, settings: Settings, *, lifespan: Sequence[Lifespan] = ()) -> SyceeApp:
    """The application over an open database. ``lifespan`` managers run while it serves."""
    app = SyceeApp(
        route_handlers=[*_options(HANDLERS), *HANDLERS],
        before_request=authorize,
        exception_handlers={Exception: render_problem},
        lifespan=[*lifespan, _working],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,
    )
    app.edge = Edge(database, settings)
    app.openapi_json = openapi_json()
    return app


@asynccontextmanager
async def _working(app: Litestar) -> AsyncIterator[None]:
    assert isinstance(app, SyceeApp)
    edge = app.edge
    await edge.authenticator.start()
    yield
    await edge.authenticator.stop()
    await edge.day_closer.stop()
    await edge.batcher.close()
    await edge.instructions.close()
    await edge.signings.close()


def _options(handlers: Sequence[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """A handler of OPTIONS for every path. Litestar's own name only the method that came first."""
    methods: dict[str, set[str]] = {}
    for handler in handlers:
        for path in handler.paths:
            methods.setdefault(path, {"OPTIONS"}).update(handler.http_methods)

    def made(path: str, allow: str) -> HTTPRouteHandler:
        @route(path, http_method="OPTIONS", sync_to_thread=False)
        def options() -> ASGIResponse:
            return ASGIResponse(status_code=204, headers={"Allow": allow})

        return options

    return [made(path, ", ".join(sorted(taken))) for path, taken in methods.items()]


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of the API, without starting anything."""
    return build_document(HANDLERS)


@cache
def openapi_json() -> bytes:
    """The OpenAPI document as it is served."""
    return msgspec.json.encode(openapi_document())


__all__ = ["HANDLERS", "SyceeApp", "create_app", "openapi_document", "openapi_json"]
