"""The documentation that the service serves about itself: OpenAPI, an interactive page, the problems.

Everything comes from this process. The page is Swagger UI as its wheel ships it; nothing is loaded
from elsewhere, and the Content-Security-Policy keeps it so.
"""

from __future__ import annotations

import html
import importlib.resources
from functools import cache
from pathlib import Path
from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp

from sycee import ledger
from sycee.api.bodies import AnyRequest
from sycee.api.errors import RouteNotFound
from sycee.api.operations import JSON
from sycee.api.rejections import rejection_class
from sycee.kernel.errors import error_classes

_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
_ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sycee: HTTP API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png">
</head>
<body>
<div id="reference"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""


@get("/v1/openapi.json", sync_to_thread=False)
def get_openapi(request: AnyRequest) -> ASGIApp:
    """The OpenAPI document."""
    app: Any = request.scope["litestar_app"]
    return ASGIResponse(body=app.openapi_json, media_type=JSON)


@get("/docs", sync_to_thread=False)
def get_page() -> ASGIApp:
    """The interactive page."""
    return ASGIResponse(body=_PAGE, media_type="text/html", headers=_HEADERS)


@get("/docs/assets/{name:str}", sync_to_thread=False)
def get_asset(name: FromPath[str]) -> ASGIApp:
    """A part of the page."""
    headers = {**_HEADERS, "Cache-Control": "max-age=3600"}
    if name == "start.js":
        return ASGIResponse(body=_START, media_type="text/javascript", headers=headers)
    if name not in _ASSETS:
        raise RouteNotFound(f"there is no asset {name[:60]!r}")
    return ASGIResponse(body=_asset(name), media_type=_ASSETS[name], headers=headers)


@cache
def _asset(name: str) -> bytes:
    vendor = importlib.resources.files("swagger_ui_bundle") / "vendor"
    found = sorted(Path(str(vendor)).glob(f"swagger-ui-*/{name}"))
    return found[-1].read_bytes()


@get("/docs/problems", sync_to_thread=False)
def get_problems() -> ASGIApp:
    """Every code a problem can have: what the ``type`` of a problem points at."""
    rows = {cls.code: (cls.status, cls.title()) for cls in reversed(error_classes())}
    for code, meaning in ledger.REJECTIONS.items():
        rows.setdefault(code, (rejection_class(code).status, f"a transfer is rejected: {meaning}"))
    body = "".join(
        f"<tr id='{code}'><td><code>{code}</code></td><td>{status}</td><td>{html.escape(title)}</td></tr>"
        for code, (status, title) in sorted(rows.items())
    )
    page = (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>Sycee: problems</title>"
        "<style>body{font:16px sans-serif;margin:2rem}td{padding:.3rem 1rem .3rem 0}"
        ":target{background:#ffd}</style></head><body><h1>Problems</h1>"
        f"<table><tr><th>code</th><th>status</th><th>meaning</th></tr>{body}</table></body></html>"
    )
    return ASGIResponse(body=page, media_type="text/html", headers=_HEADERS)


HANDLERS = [get_openapi, get_page, get_asset, get_problems]
