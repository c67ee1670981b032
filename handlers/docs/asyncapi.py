"""`GET /asyncapi.json`: the AsyncAPI document, as it was written when this code was."""

from pathlib import Path
from typing import Final

from fastapi import Response
from starlette.middleware.gzip import GZipMiddleware

from hub_core.web.api import api, lambda_handler
from hub_core.web.files import Files

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "asyncapi.json"
"""`make docs` writes it, and it goes into the bundle: one function does not know the others."""

app = api()
app.add_middleware(GZipMiddleware, minimum_size=1024)


@app.get("/asyncapi.json", include_in_schema=False)
async def asyncapi_document(sender: Files) -> Response:
    """Send the document."""
    return sender.send(DOCUMENT)


handler = lambda_handler(app)
