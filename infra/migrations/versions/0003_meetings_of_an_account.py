"""An index for the list of an account's meetings, newest first."""

from alembic import op

revision: str = "0003"
down_revision: str = "0002"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """One index in the place of another that is a part of it."""
    op.create_index("ix_participants_user_id_meeting_id", "participants", ["user_id", "meeting_id"])
    op.drop_index("ix_participants_user_id", "participants")


def downgrade() -> None:
    """The other way round."""
    op.create_index("ix_participants_user_id", "participants", ["user_id"])
    op.drop_index("ix_participants_user_id_meeting_id", "participants")
