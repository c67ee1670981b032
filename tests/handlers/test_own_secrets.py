"""Every function does its work with the secrets that the template gives it, and no others."""

import pytest

from hub_core.adapters.settings import WITHHELD, settings
from hub_core.adapters.tokens import AccessClaims, access_tokens
from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import UserId, new_id
from infra.bar.boot import event_for
from infra.template import HttpDoor, QueueDoor, StackDoor, doors, functions, load
from tests.container import Container

TEMPLATE = load()
FUNCTIONS = functions(TEMPLATE)
SECRETS = ("JWT_ACCESS_SECRET", "JWT_REFRESH_SECRET", "ROOM_TOKEN_SECRET")
DOORS = [door for door in doors(TEMPLATE) if not isinstance(door, QueueDoor | StackDoor)]
BODIES = {
    "ResolveCode": '{"code": "abc-defg-hij"}',
    "Login": '{"email": "ada@example.com", "password": "correct horse battery"}',
}


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.function)
def test_a_function_needs_no_secret_but_its_own(
    door: HttpDoor, environment: pytest.MonkeyPatch, container: Container
) -> None:
    token = access_tokens(settings(), utc_now, new_id).mint(
        AccessClaims(sub=UserId(new_id()), sid=new_id())
    )
    event = event_for(door)
    event.setdefault("headers", {})["authorization"] = f"Bearer {token}"
    event["body"] = BODIES.get(door.function, event.get("body"))
    own = FUNCTIONS[door.function].get("Environment", {}).get("Variables", {})
    for name in SECRETS:
        if name not in own:
            environment.setenv(name, WITHHELD)
    settings.cache_clear()

    answer = container.call(door.module, event)

    assert (answer or {}).get("statusCode", 200) < 500
