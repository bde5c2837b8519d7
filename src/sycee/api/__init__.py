"""The HTTP API: the edge where requests become commands of the domains, and outcomes become answers."""

from sycee.api.app import SyceeApp, create_app, openapi_document, openapi_json
from sycee.api.idempotency import forget_old_keys
from sycee.api.metrics import Metrics
from sycee.api.operations import PROBLEM
from sycee.api.problems import problem_json

__all__ = [
    "PROBLEM",
    "Metrics",
    "SyceeApp",
    "create_app",
    "forget_old_keys",
    "openapi_document",
    "openapi_json",
    "problem_json",
]
