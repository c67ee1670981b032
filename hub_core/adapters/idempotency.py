"""What was answered to a request that is sent again (draft-ietf-httpapi-idempotency-key-header).

The answer is kept in the transaction that it is the answer of: there is no moment at which the one
is there and the other is not. Two at the same time meet in the primary key: the second waits until
the first has committed, and finds its answer; it gives up with the lock timeout.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import LargeBinary, Text, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from hub_core.adapters.tables import Table
from hub_core.kernel.errors import KeyReused

KEPT_FOR: Final = timedelta(hours=24)


class IdempotencyRow(Table):
    """One request that was, or is being, served."""

    __tablename__ = "idempotency_keys"
    scope: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    """Whose key it is: two people may think of the same."""
    key: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    """Of the request; another one may not have its key."""
    answer: Mapped[Any | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(index=True)


async def recall(db: AsyncSession, scope: str, key: str, fingerprint: bytes) -> Any | None:
    """The answer that this request got before; None: it is the first, and must be remembered.

    Raises:
        KeyReused: it was another request.
    """
    fresh = {"fingerprint": fingerprint, "answer": None, "created_at": func.now()}
    claimed = await db.scalar(
        insert(IdempotencyRow)
        .values(scope=scope, key=key, **fresh)
        .on_conflict_do_update(
            index_elements=[IdempotencyRow.scope, IdempotencyRow.key],
            set_=fresh,
            where=IdempotencyRow.created_at < func.now() - KEPT_FOR,
        )
        .returning(IdempotencyRow.key)
    )
    if claimed is not None:
        await _forget_old(db, scope)
        return None
    found = (
        await db.execute(
            select(IdempotencyRow.fingerprint, IdempotencyRow.answer).where(
                IdempotencyRow.scope == scope, IdempotencyRow.key == key
            )
        )
    ).one()
    if found.fingerprint != fingerprint:
        raise KeyReused
    return found.answer


async def remember(db: AsyncSession, scope: str, key: str, answer: Any) -> None:
    """Keep the answer, to be committed with what it tells of."""
    await db.execute(
        update(IdempotencyRow)
        .where(IdempotencyRow.scope == scope, IdempotencyRow.key == key)
        .values(answer=answer)
    )


async def _forget_old(db: AsyncSession, scope: str, *, at_most: int = 100) -> None:
    """Delete what nobody can ask for any more: whoever writes one sweeps before their own door."""
    old = (
        select(IdempotencyRow.key)
        .where(IdempotencyRow.scope == scope, IdempotencyRow.created_at < func.now() - KEPT_FOR)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    await db.execute(
        delete(IdempotencyRow).where(IdempotencyRow.scope == scope, IdempotencyRow.key.in_(old))
    )
