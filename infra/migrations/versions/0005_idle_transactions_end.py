"""How long a transaction may lie idle: a container that stands still lets go of its rows.

See docs/decisions/0025.
"""

from alembic import op

revision: str = "0005"
down_revision: str = "0004"
branch_labels: None = None
depends_on: None = None

_NAME = "idle_in_transaction_session_timeout"


def upgrade() -> None:
    """The longest pause of ours within a transaction is a password's hash, well under a second."""
    op.execute(_for_the_role(f"SET {_NAME} = ''10s''"))


def downgrade() -> None:
    """As the server has it: no bound, or Aurora's day."""
    op.execute(_for_the_role(f"RESET {_NAME}"))


def _for_the_role(setting: str) -> str:
    return (
        "DO $$ BEGIN EXECUTE format("
        f"'ALTER ROLE %I IN DATABASE %I {setting}', current_user, current_database()"
        "); END $$"
    )
