"""The poster against somebody else's idea of the management API: moto's."""

from collections.abc import Iterator

import pytest
from moto.backends import get_backend
from moto.server import ThreadedMotoServer

from hub_core.adapters.gateway import Delivery, ManagementApi
from hub_core.adapters.sigv4 import Credentials
from hub_core.kernel.ids import ConnectionId
from tests.adapters.posters import PATIENT


@pytest.fixture
def moto_url() -> Iterator[str]:
    """A server of moto on a port of its own."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


async def test_moto_takes_our_requests_for_those_of_the_aws_client(moto_url: str) -> None:
    poster = ManagementApi(
        moto_url, "us-east-1", lambda: Credentials("id", "secret"), patience=PATIENT
    )
    connections = get_backend("apigatewaymanagementapi")["123456789012"]["us-east-1"].connections

    posted = await poster.post(ConnectionId("JKJaXmPLvHcESHA="), b'{"type":"hello"}')
    received = {id_: connection.data for id_, connection in connections.items()}
    deleted = await poster.delete(ConnectionId("JKJaXmPLvHcESHA="))
    await poster.aclose()

    assert (posted, deleted) == (Delivery.DELIVERED, Delivery.DELIVERED)
    assert received == {"JKJaXmPLvHcESHA%3D": b'{"type":"hello"}'}
    assert connections == {}
