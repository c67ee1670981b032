"""How long a statement may take, for everybody who signs in as the role that migrates.

Poolers (RDS Proxy, PgBouncer) refuse settings at the start of a connection, and forget those of a
session; a role's they keep. See docs/decisions/0025.
"""

from alembic import op

revision: str = "0004"
down_revision: str = "0003"
branch_labels: None = None
depends_on: None = None

_SETTINGS = {"statement_timeout": "3s", "lock_timeout": "1s", "TimeZone": "UTC"}


def upgrade() -> None:
    """For this database alone: others may live on the same server."""
    for name, value in _SETTINGS.items():
        op.execute(_for_the_role(f"SET {name} = %L", f", {value!r}"))


def downgrade() -> None:
    """As the server has them."""
    for name in _SETTINGS:
        op.execute(_for_the_role(f"RESET {name}"))


def _for_the_role(setting: str, value: str = "") -> str:
    return (
        "DO $$ BEGIN EXECUTE format("
        f"'ALTER ROLE %I IN DATABASE %I {setting}', current_user, current_database(){value}"
        "); END $$"
    )
