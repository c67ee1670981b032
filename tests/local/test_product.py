"""The emulator runs the product."""

import httpx

from tests.emulator import Emulator


def test_the_product_is_ready_behind_the_doors(emulator: Emulator) -> None:
    ready = httpx.get(f"{emulator.url}/health/ready")

    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
