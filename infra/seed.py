"""Put the demo data into the database: `python -m infra.seed`.

A demo user, a meeting with a code, and a pending invite; prints how to get in. What is there
already stays. Reads `DATABASE_URL` and `ENVIRONMENT`; in production it does nothing.
"""

import asyncio
import os
import secrets
import sys
from typing import Final

from sqlalchemy import NullPool, func, make_url, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from hub_core.accounts.email import email_address
from hub_core.accounts.passwords import Hashing, normalized
from hub_core.accounts.tables import UserRow
from hub_core.adapters.settings import LEAST_ARGON2_MEMORY_KIB, LEAST_ARGON2_TIME_COST
from hub_core.invites.tables import InviteRow, InviteStatus
from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import UserId, new_id
from hub_core.kernel.roles import Role
from hub_core.meetings.schemas import MeetingDraft
from hub_core.meetings.service import Making, schedule
from hub_core.meetings.tables import MeetingRow

EMAIL: Final = "demo@hub.com"
PASSWORD: Final = "password123"  # noqa: S105 (the demo's, and printed)
INVITED: Final = "guest@hub.com"
LOCK: Final = 0x48756253  # "HubS": two nodes that start at once seed one after the other


async def seed(database_url: str) -> str:
    """Add what is missing; the code of the demo meeting."""
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    engine = create_async_engine(url, poolclass=NullPool)
    async with AsyncSession(engine) as db, db.begin():
        await db.execute(text("SET LOCAL lock_timeout = 0"))  # whoever waits finds it done
        await db.execute(select(func.pg_advisory_xact_lock(LOCK)))
        host_id = await _demo_user(db)
        meeting_id, code = await _meeting(db, host_id)
        await _invite(db, meeting_id, host_id)
    await engine.dispose()
    return code


async def _demo_user(db: AsyncSession) -> UserId:
    """Its password is one of the first that anyone would try, and is refused at the front door."""
    address = email_address(EMAIL)
    found = await db.scalar(select(UserRow.id).where(UserRow.email_canonical == address.canonical))
    if found is not None:
        return UserId(found)
    user_id = UserId(new_id())
    hashing = Hashing(LEAST_ARGON2_MEMORY_KIB, LEAST_ARGON2_TIME_COST, parallelism=1)
    db.add(
        UserRow(
            id=user_id,
            email=address.written,
            email_canonical=address.canonical,
            display_name="Demo",
            password_hash=hashing.hash(normalized(PASSWORD)),
            created_at=utc_now(),
        )
    )
    await db.flush()
    return user_id


async def _meeting(db: AsyncSession, host_id: UserId) -> tuple[str, str]:
    """The first of its meetings that goes on; a new one once somebody has ended it."""
    found = await db.execute(
        select(MeetingRow.id, MeetingRow.code)
        .where(MeetingRow.host_id == host_id, MeetingRow.ended_at.is_(None))
        .order_by(MeetingRow.id)
        .limit(1)
    )
    if row := found.one_or_none():
        return row.id, row.code
    making = Making(at=utc_now(), mint=new_id, choose=secrets.choice)
    meeting = await schedule(db, host_id, MeetingDraft(title="Demo meeting"), making)
    return meeting.id, meeting.code


async def _invite(db: AsyncSession, meeting_id: str, host_id: UserId) -> None:
    address = email_address(INVITED)
    await db.execute(
        insert(InviteRow)
        .values(
            id=new_id(),
            meeting_id=meeting_id,
            email=address.written,
            email_canonical=address.canonical,
            role=Role.GUEST,
            status=InviteStatus.PENDING,
            invited_by=host_id,
            created_at=utc_now(),
        )
        .on_conflict_do_nothing()
    )


def main() -> int:
    """The command; the answer is the exit code."""
    database_url = os.environ.get("DATABASE_URL")
    # Like the product, it takes silence for production.
    if os.environ.get("ENVIRONMENT", "production") == "production":
        sys.stderr.write("No demo data in production: its password is known to everybody.\n")
        return 0
    if not database_url:
        sys.stderr.write("DATABASE_URL: is missing\n")
        return 1
    try:
        code = asyncio.run(seed(database_url))
    except OperationalError as error:
        # The text of the driver names host, port and user, never the password.
        sys.stderr.write(f"The database does not answer: {error.orig}\n")
        return 1
    sys.stdout.write(
        f"Demo user    {EMAIL} / {PASSWORD}\nMeeting code {code}\nInvited      {INVITED}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
