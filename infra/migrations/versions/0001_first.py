"""The first tables: accounts, meetings, invites, history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: None = None
depends_on: None = None

ULID = sa.CHAR(26, collation="C")
KEY = sa.Text(collation="C")
MOMENT = sa.DateTime(timezone=True)

ROLE = postgresql.ENUM("guest", "cohost", "host", name="role", create_type=False)
ADMISSION = postgresql.ENUM(
    "pending", "waiting", "admitted", "rejected", "removed", name="admission", create_type=False
)
INVITE_STATUS = postgresql.ENUM(
    "pending", "accepted", "declined", name="invite_status", create_type=False
)
END_OF_SESSION = postgresql.ENUM(
    "logout",
    "ended-elsewhere",
    "password-changed",
    "reuse",
    name="end_of_session",
    create_type=False,
)
ENUMS = (ROLE, ADMISSION, INVITE_STATUS, END_OF_SESSION)


def upgrade() -> None:
    """From an empty database."""
    for enum in ENUMS:
        enum.create(op.get_bind(), checkfirst=False)
    _accounts()
    _meetings()
    _invites()
    _history()


def _accounts() -> None:
    op.create_table(
        "users",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_canonical", KEY, nullable=False),
        sa.Column("email_verified_at", MOMENT),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("avatar_url", sa.Text),
        sa.Column("password_hash", sa.Text),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email_canonical", name="uq_users_email_canonical"),
    )
    op.create_table(
        "sign_in_sessions",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("user_id", ULID, nullable=False),
        sa.Column("family", KEY, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("cur_hash", sa.LargeBinary, nullable=False),
        sa.Column("prev_hash", sa.LargeBinary),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("rotated_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("revoked_because", END_OF_SESSION),
        sa.Column("user_agent", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_sessions"),
        sa.UniqueConstraint("family", name="uq_sign_in_sessions_family"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], "fk_sign_in_sessions_user_id_users", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_sign_in_sessions_user_id", "sign_in_sessions", ["user_id"])


def _meetings() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("code", KEY, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("host_id", ULID, nullable=False),
        sa.Column("scheduled_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("settings", postgresql.JSONB, nullable=False),
        sa.Column("settings_version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_meetings"),
        sa.UniqueConstraint("code", name="uq_meetings_code"),
        sa.ForeignKeyConstraint(["host_id"], ["users.id"], "fk_meetings_host_id_users"),
    )
    op.create_index("ix_meetings_host_id_id", "meetings", ["host_id", "id"])
    op.create_table(
        "participants",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("meeting_id", ULID, nullable=False),
        sa.Column("user_id", ULID),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("role", ROLE, nullable=False),
        sa.Column("invited", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("admission", ADMISSION, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("generation", sa.Integer, nullable=False, server_default="0"),
        sa.Column("removed_at", MOMENT),
        sa.Column("banned_at", MOMENT),
        sa.Column("banned_by", ULID),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_participants"),
        sa.UniqueConstraint("meeting_id", "user_id", name="uq_participants_meeting_id_user_id"),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meetings.id"],
            "fk_participants_meeting_id_meetings",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], "fk_participants_user_id_users", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["banned_by"],
            ["participants.id"],
            "fk_participants_banned_by_participants",
            ondelete="SET NULL",
        ),
    )
    op.create_index("ix_participants_user_id", "participants", ["user_id"])


def _invites() -> None:
    op.create_table(
        "invites",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("meeting_id", ULID, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_canonical", KEY, nullable=False),
        sa.Column("role", ROLE, nullable=False),
        sa.Column("status", INVITE_STATUS, nullable=False),
        sa.Column("invited_by", ULID),
        sa.Column("participant_id", ULID),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_invites"),
        sa.UniqueConstraint(
            "meeting_id", "email_canonical", name="uq_invites_meeting_id_email_canonical"
        ),
        sa.CheckConstraint("role <> 'host'", "ck_invites_no_second_host"),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], "fk_invites_meeting_id_meetings", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["users.id"], "fk_invites_invited_by_users", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participants.id"],
            "fk_invites_participant_id_participants",
            ondelete="SET NULL",
        ),
    )


def _history() -> None:
    op.create_table(
        "conferences",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("meeting_id", ULID, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_conferences"),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meetings.id"],
            "fk_conferences_meeting_id_meetings",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_conferences_meeting_id", "conferences", ["meeting_id"])
    op.create_table(
        "journal",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("meeting_id", ULID, nullable=False),
        sa.Column("epoch", ULID, nullable=False),
        sa.Column("seq", sa.BigInteger),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("by", ULID),
        sa.Column("payload", postgresql.JSONB, nullable=False),
        sa.Column("visible_to", postgresql.ARRAY(ULID)),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], "fk_journal_meeting_id_meetings", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["epoch"], ["conferences.id"], "fk_journal_epoch_conferences", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "uq_journal_epoch_seq",
        "journal",
        ["epoch", "seq"],
        unique=True,
        postgresql_where=sa.text("seq IS NOT NULL"),
    )
    op.create_index(
        "ix_journal_chat",
        "journal",
        ["meeting_id", "id"],
        postgresql_where=sa.text("type = 'chat.message'"),
    )


def downgrade() -> None:
    """To an empty database."""
    for table in (
        "journal",
        "conferences",
        "invites",
        "participants",
        "meetings",
        "sign_in_sessions",
        "users",
    ):
        op.drop_table(table)
    for enum in ENUMS:
        enum.drop(op.get_bind(), checkfirst=False)
