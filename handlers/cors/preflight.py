"""`OPTIONS` anything: may a page of another origin call it?"""

from fastapi import Request, Response

from hub_core.web.api import api, lambda_handler
from hub_core.web.cors import preflight_headers

app = api()


@app.options("/{proxy:path}", include_in_schema=False)
async def preflight(request: Request) -> Response:
    """Answer a browser's preflight, for all routes alike; what a route allows, it says itself."""
    asked = request.headers.get
    headers = preflight_headers(asked("Origin"), asked("Access-Control-Request-Method"))
    return Response(status_code=204, headers=headers)


handler = lambda_handler(app)
