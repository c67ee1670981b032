"""Redis flushed, killed, failed over and run as a cluster, in the middle of a meeting."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local.client import Refused
from local.services.ports import free_port
from tests.emulator import Emulator, StartEmulator
from tests.proof import storm
from tests.proof.company import Company, together
from tests.proof.test_proofs import broken
from tests.proof.valkeys import address, valkey

LASTING = {**storm.CLIMATE, "PRESENCE_LEASE_SEC": "60", "RECONNECT_GRACE_SEC": "20"}
SAYS = ("before", "meanwhile", "after")


@asynccontextmanager
async def _meeting(emulator: Emulator, seed: int) -> AsyncIterator[Company]:
    """A host and three members who are in, and a guest who waits."""
    company = Company(emulator.url, seed)
    try:
        await company.open(accessType="trusted")
        await together([(await company.signed_in(f"member{n}")).come_in() for n in range(3)])
        waiting = company.enter("waiting")
        await waiting.client.take_ticket(company.meeting["id"], "waiting")
        assert (await waiting.client.join()).type == "lobby.waiting"
        waiting.is_gone = True  # it does nothing by itself
        yield company
    finally:
        await company.close()


async def _talk(company: Company, when: str) -> None:
    """Everyone who is in says something; each is acknowledged."""
    texts = [(actor, f"{actor.name} {when}") for actor in company.present]
    await together(actor.ask("chat.send", text=text, clientMsgId=text) for actor, text in texts)


def _said(company: Company, when: str) -> int:
    texts = [row["payload"]["text"] for row in company.rows if row["type"] == "chat.message"]
    assert len(texts) == len(set(texts))
    return sum(text.endswith(when) for text in texts)


def _admitted(company: Company) -> bool:
    waiting = company.cast["waiting"]
    return any('"room.joined"' in seen.text for seen in waiting.client.seen)


async def test_a_storm_passes_over_a_cluster_too(
    start_emulator: StartEmulator, migrated: str, tmp_path: Path
) -> None:
    cluster = ("--cluster-enabled", "yes", "--cluster-port", str(free_port(None)))
    with valkey(*cluster, folder=tmp_path) as server:
        server.do("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        await _until(lambda: "cluster_state:ok" in str(server.do("CLUSTER", "INFO")))
        emulator = start_emulator(REDIS_URL=server.url, **storm.CLIMATE)

        history = await storm.storm(emulator, migrated, seed=11, people=4, acts=8)

    assert broken(history) == []


@pytest.mark.parametrize("loss", ["flushed", "killed"])
async def test_what_redis_forgets_lets_nobody_in_and_loses_no_word(
    loss: str, start_emulator: StartEmulator, migrated: str
) -> None:
    with valkey() as server:
        emulator = start_emulator(REDIS_URL=server.url, **LASTING)
        async with _meeting(emulator, seed=5) as company:
            await _talk(company, "before")
            if loss == "flushed":
                server.do("FLUSHALL")
                await _talk(company, "after")
                await company.converge(migrated)
            else:
                server.kill()
                host = company.cast["host"].client
                with pytest.raises(Refused) as refused:
                    await host.request("chat.send", text="host meanwhile")
                with valkey(port=server.port):
                    await _talk(company, "after")
                    await company.converge(migrated)
                assert refused.value.type == "server/unavailable"

    assert broken(company.history()) == []
    assert (_said(company, "before"), _said(company, "after")) == (4, 4)
    assert not _admitted(company)
    assert len({actor.client.log.epoch for actor in company.cast.values() if actor.is_in}) == 1


async def test_after_a_failover_that_lost_a_tail_everyone_notices(
    start_emulator: StartEmulator, migrated: str
) -> None:
    with valkey() as primary, valkey("--replicaof", "127.0.0.1", str(primary.port)) as replica:
        await _until(lambda: replica.do("ROLE")[3] == b"connected")
        with address(primary) as here:
            emulator = start_emulator(REDIS_URL=here.url, **LASTING)
            async with _meeting(emulator, seed=5) as company:
                await _talk(company, "before")
                primary.do("WAIT", "1", "0")
                replica.do("REPLICAOF", "NO", "ONE")
                await _talk(company, "meanwhile")  # acknowledged, and not in the replica
                first = company.cast["host"].client.log.epoch

                here.fail_over(replica.port)
                primary.kill()
                await _talk(company, "after")
                await company.converge(migrated)

    history = company.history(failed_over=True)
    assert broken(history) == []
    assert [_said(company, when) for when in SAYS] == [4, 4, 4]
    assert not _admitted(company)
    assert company.cast["host"].client.log.epoch != first


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 (the server tells only who asks)
            await asyncio.sleep(0.02)
