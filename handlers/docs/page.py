"""`GET /docs`: Swagger UI, all of it from this origin, so that it works without a network."""

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
    """Send the page that draws `/swagger/json`."""
    return sender.send(OURS / "swagger.html", POLICY)


@app.get("/docs/assets/{name}", include_in_schema=False)
async def docs_asset(name: str, sender: Files) -> Response:
    """Send a file that the page is made of."""
    if name not in ASSETS:
        raise RouteNotFound
    return sender.send(ASSETS[name])


handler = lambda_handler(app)
