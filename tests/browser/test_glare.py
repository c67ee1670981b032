"""Both sides negotiate at once, again and again: perfect negotiation."""

import asyncio

from tests.browser.people import Company, Someone

_ROUNDS = 50

_ANEW = """async () => {
  const room = hub.visit.room;
  const [other] = Object.keys(room.people).filter((id) => id !== room.me);
  const pc = hub.mesh().connection(other);
  const routes = () => /a=ice-ufrag:(\\S+)/.exec(pc.currentLocalDescription.sdp)[1];
  const before = routes();
  hub.mesh().restart();
  const done = () =>
    pc.signalingState === 'stable' && pc.connectionState === 'connected' && routes() !== before;
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 10));
}"""
"""Seek routes anew, and wait until both sides have agreed on other ones."""


async def test_a_call_survives_both_sides_negotiating_at_once(company: Company) -> None:
    call = await company.call("Ada", "Bob")
    ada, bob = call.people
    await ada.sees("Bob")
    await bob.sees("Ada")

    at_once = 0
    for _ in range(_ROUNDS):
        before = await _offers(ada), await _offers(bob)
        await asyncio.gather(ada.page.evaluate(_ANEW), bob.page.evaluate(_ANEW))
        after = await _offers(ada), await _offers(bob)
        at_once += all(new > old for new, old in zip(after, before, strict=True))

    # Where only one of them offered, the other had its offer in time.
    assert at_once > _ROUNDS / 2
    assert await ada.sees("Bob")
    assert await bob.sees("Ada")


async def _offers(someone: Someone) -> int:
    signals = await someone.frames("rtc.signal", "out")
    return sum(signal["payload"]["type"] == "offer" for signal in signals)
