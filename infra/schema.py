"""All tables of the product, gathered for the migrations."""

from typing import Final

from sqlalchemy import MetaData

from hub_core.accounts.tables import UserRow
from hub_core.adapters.idempotency import IdempotencyRow
from hub_core.adapters.tables import Table
from hub_core.history.tables import JournalRow
from hub_core.invites.tables import InviteRow
from hub_core.meetings.tables import MeetingRow

CAPABILITIES: Final = (UserRow, MeetingRow, InviteRow, JournalRow, IdempotencyRow)
"""One row class of each module that has tables: importing it is what enters them all."""

METADATA: Final[MetaData] = Table.metadata
