"""`GET /health/ready`: a meeting could be held now."""

from hub_core.kernel.errors import Unavailable
from hub_core.web.api import api, lambda_handler
from hub_core.web.health import check_ready
from hub_core.web.problems import refuses

app = api()


@app.get("/health/ready", responses=refuses(Unavailable))
async def ready() -> dict[str, str]:
    """Ask the data stores; a 503 names what is down."""
    await check_ready()
    return {"status": "ready"}


handler = lambda_handler(app)
