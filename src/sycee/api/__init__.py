"""The HTTP API: the edge where requests become commands of the domains, and outcomes become answers."""

from sycee.api.app import SyceeApp, create_app, openapi_document, openapi_json

__all__ = ["SyceeApp", "create_app", "openapi_document", "openapi_json"]
