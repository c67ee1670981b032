"""`GET /docs` and `/docs/ws`: pages that draw the documents, all of them from this origin."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import Response
from starlette.middleware.gzip import GZipMiddleware

from hub_core.kernel.errors import RouteNotFound
from hub_core.web.api import api, lambda_handler
from hub_core.web.files import Files

OURS: Final = Path(__file__).parent / "static"
SWAGGER_UI: Final = Path(str(files("fastapi_offline"))) / "static"
ASSETS: Final = {
    "favicon.png": SWAGGER_UI / "favicon.png",
    "swagger-ui-bundle.js": SWAGGER_UI / "swagger-ui-bundle.js",
    "swagger-ui.css": SWAGGER_UI / "swagger-ui.css",
    "swagger.js": OURS / "swagger.js",
    "ws.css": OURS / "ws.css",
    "ws.js": OURS / "ws.js",
}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""Swagger UI draws icons from data: URLs, and needs nothing else that is not a file of ours."""

app = api()
app.add_middleware(GZipMiddleware, minimum_size=1024)


@app.get("/docs", include_in_schema=False)
async def docs_page(sender: Files) -> Response:
    """Send Swagger UI, which draws `/swagger/json` and works without a network."""
    return sender.send(OURS / "swagger.html", POLICY)


@app.get("/docs/ws", include_in_schema=False)
async def live_page(sender: Files) -> Response:
    """Send the page that draws `/asyncapi.json`."""
    return sender.send(OURS / "ws.html", POLICY)


@app.get("/docs/assets/{name}", include_in_schema=False)
async def docs_asset(name: str, sender: Files) -> Response:
    """Send a file that the pages are made of."""
    if name not in ASSETS:
        raise RouteNotFound
    return sender.send(ASSETS[name])


handler = lambda_handler(app)
