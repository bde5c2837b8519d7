"""Whether the process lives, whether it can serve, and what it counts."""

from __future__ import annotations

from litestar import get
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp

from sycee import __version__
from sycee.api.bodies import AnyRequest
from sycee.api.edge import answer, edge_of
from sycee.api.metrics import CONTENT_TYPE
from sycee.api.operations import describe
from sycee.api.schemas.reports import DatabaseState, Health, Liveness
from sycee.database import DatabaseUnavailable

_PATIENCE_S = 2.0


@get(
    "/v1/health/live",
    opt=describe(
        id="get_liveness",
        summary="Whether the process lives",
        description="Answers without asking the database. Needs no token.",
        tag="Operation",
        response=Liveness,
        example={"status": "live", "version": "0.1.0"},
        uses_database=False,
    ),
)
async def get_liveness() -> ASGIApp:
    """Whether the process lives."""
    return answer(Liveness(status="live", version=__version__))


@get(
    "/v1/health",
    opt=describe(
        id="get_health",
        summary="Whether the process can serve",
        description="200 when a database answers that takes writes, 503 (with the same shape) when none "
        "does. Asked beside the requests, so answered however many there are. Needs no token.",
        tag="Operation",
        response=Health,
        example={
            "status": "ready",
            "version": "0.1.0",
            "database": {"state": "up", "migration": "0003_payments"},
        },
        alternatives={
            503: {
                "status": "unavailable",
                "version": "0.1.0",
                "database": {"state": "down", "migration": None},
            }
        },
        uses_database=False,
    ),
)
async def get_health(request: AnyRequest) -> ASGIApp:
    """Whether the process can serve."""
    try:
        standing = await edge_of(request).database.standing(within_s=_PATIENCE_S)
    except DatabaseUnavailable:
        state = DatabaseState(state="down", migration=None)
        return answer(Health(status="unavailable", version=__version__, database=state), status=503)
    if not standing.writable:
        state = DatabaseState(state="read_only", migration=standing.migration)
        return answer(Health(status="unavailable", version=__version__, database=state), status=503)
    state = DatabaseState(state="up", migration=standing.migration)
    return answer(Health(status="ready", version=__version__, database=state))


@get(
    "/metrics",
    opt=describe(
        id="get_metrics",
        summary="What the process counts",
        description="Prometheus text format. Holds no account data. Needs no token; each worker process "
        "answers for itself.",
        tag="Operation",
        media="text/plain",
        example='sycee_http_requests_total{method="POST",route="/v1/transfers",status="200"} 128.0\n',
        uses_database=False,
    ),
)
async def get_metrics(request: AnyRequest) -> ASGIApp:
    """What the process counts."""
    return ASGIResponse(body=edge_of(request).metrics.render(), headers={"content-type": CONTENT_TYPE})


HANDLERS = [get_liveness, get_health, get_metrics]
