"""Media through coturn alone, with the credentials that the product gives."""

import base64
import hmac
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.people import Company
from tests.emulator import Emulator, running_emulator

_GATHER = """async (server) => {
  const pc = new RTCPeerConnection({ iceServers: [server], iceTransportPolicy: 'relay' });
  const errors = [];
  const relayed = [];
  pc.onicecandidateerror = ({ errorCode }) => errors.push(errorCode);
  pc.onicecandidate = ({ candidate }) => candidate?.candidate && relayed.push(candidate.type);
  pc.createDataChannel('any');
  await pc.setLocalDescription();
  if (pc.iceGatheringState !== 'complete') {
    await new Promise((resolve) => {
      pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve();
    });
  }
  pc.close();
  return { relayed, errors };
}"""
"""What comes of asking a TURN server for a relay."""

_WAY = """async () => {
  const room = hub.visit.room;
  const [other] = Object.keys(room.people).filter((id) => id !== room.me);
  const stats = await hub.mesh().connection(other).getStats();
  const pair = [...stats.values()].find((one) => one.type === 'transport').selectedCandidatePairId;
  const { localCandidateId, remoteCandidateId } = stats.get(pair);
  return [localCandidateId, remoteCandidateId].map((id) => stats.get(id).candidateType);
}"""


@pytest.fixture
def emulator(chromium: str, tmp_path: Path) -> Iterator[Emulator]:
    """The product with a TURN server beside it."""
    if not shutil.which("turnserver"):
        pytest.skip("coturn is not installed (Debian: apt install coturn): no call is relayed")
    with running_emulator(tmp_path / "emulator", flags=["--turn"]) as emulator:
        yield emulator


async def test_a_call_goes_through_the_relay_alone(company: Company) -> None:
    call = await company.call("Ada")
    (ada,) = call.people
    bob = await company.member("Bob")

    await ada.opens(f"{call.path}?relay")
    await ada.is_inside()
    await bob.joins(f"{call.path}?relay")

    assert await bob.sees("Ada")
    assert await ada.sees("Bob")
    assert await ada.page.evaluate(_WAY) == ["relay", "relay"]


async def test_credentials_that_have_run_out_or_were_made_up_open_nothing(
    company: Company, emulator: Emulator
) -> None:
    call = await company.call("Ada")
    (ada,) = call.people
    server = next(
        one for one in await ada.page.evaluate("hub.visit.iceServers") if "credential" in one
    )
    server["urls"] = [url for url in server["urls"] if "udp" in url]
    _, _, participant = server["username"].partition(":")
    old = f"1700000000:{participant}"
    secret = emulator.shared["TURN_SECRET"].encode()
    signed = base64.b64encode(hmac.digest(secret, old.encode(), "sha1")).decode()

    good = await ada.page.evaluate(_GATHER, server)
    expired = await ada.page.evaluate(_GATHER, {**server, "username": old, "credential": signed})
    forged = await ada.page.evaluate(_GATHER, {**server, "credential": "bm90IHRoZSBzZWNyZXQ="})

    assert set(good["relayed"]) == {"relay"}
    # One 401 for each address from which it was tried.
    assert (expired["relayed"], set(expired["errors"])) == ([], {401})
    assert (forged["relayed"], set(forged["errors"])) == ([], {401})
