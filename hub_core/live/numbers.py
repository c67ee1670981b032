"""What became of commands and sessions, in numbers for those who watch."""

from hub_core.adapters.metrics import Numbers
from hub_core.kernel.values import epoch_ms
from hub_core.rooms.deciding import Outcome
from hub_core.rooms.rules.lobby import Admitted


def of_retries(attempts: int, *, given_up: bool = False) -> Numbers:
    """How often somebody else was first. Most commands are through at once: nothing is told."""
    if not attempts:
        return {}
    return {"CommitRetries": (attempts, "Count"), "CommitsGivenUp": (int(given_up), "Count")}


def of_admissions(outcome: Outcome) -> list[Numbers]:
    """How long each of those who were let in had waited, from the first knock on."""
    waiting = outcome.before.lobby
    return [
        {"LobbyWait": (epoch_ms(change.at) - epoch_ms(waiting[who].joined_at), "Milliseconds")}
        for change in outcome.changes
        if isinstance(change, Admitted) and change.at and (who := change.participant_id) in waiting
    ]


def of_resume(*, recovered: bool) -> Numbers:
    """A session that goes on: with all that it missed, or with a snapshot instead."""
    return {"Resumes": (1, "Count"), "ResumesRecovered": (int(recovered), "Count")}


def of_refused_resume() -> Numbers:
    """Somebody came back to a session that is over, or that could not be taken up just now."""
    return {"ResumesRefused": (1, "Count")}
