"""`GET /health/live`: the process answers."""

from hub_core.web.api import api, lambda_handler

app = api()


@app.get("/health/live")
async def live() -> dict[str, str]:
    """Answer as long as functions run; says nothing about the data stores."""
    return {"status": "live"}


handler = lambda_handler(app)
