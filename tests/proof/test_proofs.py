"""The proofs of `make prove`, small: the product behind real doors, and its histories checked."""

from tests.emulator import StartEmulator
from tests.proof import crowd, storm, tunnels
from tests.proof.check import check
from tests.proof.history import History


def broken(history: History) -> list[str]:
    """What is wrong with it; the seed leads back to it."""
    return [f"{violation} (seed {history.seed})" for violation in check(history)]


async def test_in_a_storm_every_promise_is_kept(
    start_emulator: StartEmulator, migrated: str
) -> None:
    emulator = start_emulator(**storm.CLIMATE)

    history = await storm.storm(emulator, migrated, seed=7, people=4, acts=10)

    assert broken(history) == []
    assert {row["type"] for row in history.journal} >= {"participant.joined", "chat.message"}


async def test_a_crowd_is_served_while_workers_are_killed(
    start_emulator: StartEmulator, migrated: str
) -> None:
    emulator = start_emulator(**crowd.CROWDED)

    history, _ = await crowd.crowd(emulator, migrated, seed=7, people=10, seconds=4)

    assert broken(history) == []
    assert any(line.deed == "end" for line in history.lines)


async def test_a_cut_within_the_grace_is_forgiven_and_a_longer_one_is_one_parting(
    start_emulator: StartEmulator, migrated: str
) -> None:
    emulator = start_emulator(**tunnels.TUNNELS)

    history, long = await tunnels.cuts(emulator, migrated, seed=3, people=5, each=4)

    assert broken(history) == []
    assert tunnels.lefts(history, "lost") == long > 0


async def test_nobody_notices_that_a_connection_has_run_its_time(
    start_emulator: StartEmulator, migrated: str
) -> None:
    short = tunnels.life(0.004)
    emulator = start_emulator(*short["flags"], **short["variables"])

    history = await tunnels.expiries(emulator, migrated, seed=7, people=3, times=1)

    assert broken(history) == []
    assert [row for row in history.journal if row["type"] == "participant.left"] == []
    assert max(line.connection for line in history.lines) >= 2
