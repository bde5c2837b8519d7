"""The simulator over HTTP: messages as XML, everything around them as JSON.

POST   /rails/{rail}/participants/{bank}/messages                bring a message; 202 also once more
GET    /rails/{rail}/participants/{bank}/messages?limit=         what waits for the bank
POST   /rails/{rail}/participants/{bank}/messages/taken          the bank has these deliveries
GET    /rails/{rail}/participants/{bank}/messages/about/{uetr}   payments and returns once more
GET    /rails/{rail}/participants/{bank}/reports/{day}           how many pages a closed date has
GET    /rails/{rail}/participants/{bank}/reports/{day}/{page}

GET    /control                                      date, balances, counts, faults, contradictions
PUT    /control/faults                               these faults instead of those there were
PUT    /control/rails/{rail}                         open or close a rail, change its cap
POST   /control/day                                  close the date
POST   /control/payments | returns | recalls         what simulated banks do
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from litestar import Litestar, MediaType, Request, Response, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody

from sycee.kernel.errors import SyceeError
from sycee.payments.simulator import reporting
from sycee.payments.simulator.central_bank import CentralBank, ResponseLost
from sycee.payments.simulator.configuration import InvalidSimulation
from sycee.payments.simulator.faults import Fault, placed
from sycee.payments.simulator.mail import Delivery
from sycee.payments.simulator.other_banks import OtherBanksPayment

XML = "application/xml"
PROBLEM = "application/problem+json"
_MOST_BYTES = 64 * 1024 * 1024


Text: TypeAlias = FromPath[str]
Central: TypeAlias = NamedDependency[CentralBank]


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Deliveries that a bank has."""

    deliveries: tuple[int, ...]


class RailChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a rail is open, and its cap in minor units (None: no cap)."""

    open: bool
    cap: int | None = None


class GivenBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A settled payment to be sent back or asked back; amount in minor units, None for what is left of it."""

    uetr: UUID
    reason: str
    amount: int | None = None


class State(msgspec.Struct, frozen=True):
    """How the simulated system stands."""

    day: date
    positions: dict[str, dict[str, int]]
    items: dict[str, int]
    waiting: dict[str, int]
    faults: list[Fault]
    contradictions: list[str]


@post("/rails/{rail:str}/participants/{bank:str}/messages", status_code=202)
async def bring(
    rail: Text,
    bank: Text,
    request: Request[Any, Any, Any],
    central: Central,
) -> None:
    """Take a message."""
    central.take(rail, bank, await request.body())


@get("/rails/{rail:str}/participants/{bank:str}/messages")
async def collect(
    rail: Text,
    bank: Text,
    central: Central,
    limit: FromQuery[int] = 100,
) -> list[Delivery]:
    """Hand out what waits."""
    return central.collect(rail, bank, limit)


@post("/rails/{rail:str}/participants/{bank:str}/messages/taken", status_code=204)
async def taken(rail: Text, bank: Text, data: JSONBody[Taken], central: Central) -> None:
    """Note what the bank has."""
    central.taken(rail, bank, data.deliveries)


@get("/rails/{rail:str}/participants/{bank:str}/messages/about/{uetr:uuid}")
async def once_more(rail: Text, bank: Text, uetr: FromPath[UUID], central: Central) -> list[Delivery]:
    """What was written to the bank about a payment, once more."""
    return central.once_more(rail, bank, uetr)


@get("/rails/{rail:str}/participants/{bank:str}/reports/{day:date}")
async def report_pages(rail: Text, bank: Text, day: FromPath[date], central: Central) -> dict[str, int]:
    """How many pages a report has."""
    return {"pages": central.report_pages(rail, bank, day)}


@get("/rails/{rail:str}/participants/{bank:str}/reports/{day:date}/{page:int}", media_type=XML)
async def report_page(
    rail: Text,
    bank: Text,
    day: FromPath[date],
    page: FromPath[int],
    central: Central,
) -> bytes:
    """One page of a report."""
    return central.report(rail, bank, day, page)


@get("/control")
async def state(central: Central) -> State:
    """How everything stands."""
    store = central.store
    positions: dict[str, dict[str, int]] = {}
    for rail, bank, balance in store.rows("SELECT rail, bank, balance FROM positions ORDER BY rail, bank"):
        positions.setdefault(rail, {})[bank] = balance
    return State(
        day=store.day,
        positions=positions,
        items=dict(store.rows("SELECT status, count(*) FROM items GROUP BY status")),
        waiting=dict(
            store.rows("SELECT bank, count(*) FROM outbound WHERE copies > 0 AND lost = 0 GROUP BY bank")
        ),
        faults=store.faults(),
        contradictions=reporting.contradictions(store),
    )


@put("/control/faults", status_code=204)
async def set_faults(data: JSONBody[list[Fault]], central: Central) -> None:
    """Replace the faults."""
    try:
        wanted = [placed(fault) for fault in data]
    except ValueError as problem:
        raise InvalidSimulation(str(problem)) from None
    with central.store.transaction():
        central.store.set_faults(wanted)


@put("/control/rails/{rail:str}", status_code=204)
async def change_rail(rail: Text, data: JSONBody[RailChange], central: Central) -> None:
    """Open or close a rail."""
    with central.store.transaction():
        changed = central.store.execute(
            "UPDATE rails SET open = ?, cap = ? WHERE name = ?", data.open, data.cap, rail
        )
        if not changed:
            raise InvalidSimulation(f"there is no rail {rail}")


@post("/control/day")
async def close_day(central: Central) -> dict[str, date]:
    """Close the date."""
    return {"closed": central.close_day(), "day": central.store.day}


@post("/control/payments")
async def pay(data: JSONBody[OtherBanksPayment], central: Central) -> dict[str, UUID]:
    """Let a simulated bank pay."""
    return {"uetr": central.pay(data)}


@post("/control/returns", status_code=204)
async def give_back(data: JSONBody[GivenBack], central: Central) -> None:
    """Let a simulated bank send a payment back."""
    central.give_back(data.uetr, data.reason, data.amount)


@post("/control/recalls", status_code=204)
async def ask_back(data: JSONBody[GivenBack], central: Central) -> None:
    """Let a simulated bank ask for a payment back."""
    central.recall(data.uetr, data.reason)


HANDLERS: list[Any] = [
    bring, collect, taken, once_more, report_pages, report_page, state, set_faults, change_rail, close_day,
    pay, give_back, ask_back,
]  # fmt: skip


def create_application(central: CentralBank) -> Litestar:
    """The application around one simulated system. Serve it from one thread."""
    return Litestar(
        HANDLERS,
        dependencies={"central": Provide(_always(central), use_cache=True, sync_to_thread=False)},
        exception_handlers={SyceeError: _problem, ResponseLost: _lost},
        request_max_body_size=_MOST_BYTES,
        openapi_config=None,
    )


def _always(central: CentralBank) -> Callable[[], CentralBank]:
    def provide() -> CentralBank:
        return central

    return provide


def _problem(_: Request[Any, Any, Any], problem: Exception) -> Response[Any]:
    assert isinstance(problem, SyceeError)
    body = {
        "status": problem.status,
        "title": problem.title(),
        "code": problem.code,
        "detail": problem.detail,
    }
    return Response(body, status_code=problem.status, media_type=PROBLEM)


def _lost(_: Request[Any, Any, Any], __: Exception) -> Response[Any]:
    """As near as a server comes to saying nothing: no caller can tell from it what became of the message."""
    return Response("", status_code=504, media_type=MediaType.TEXT, headers={"connection": "close"})
