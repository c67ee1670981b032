"""Bring the database to the newest schema: `python -m infra.migrate`.

Reads `DATABASE_URL`. Several nodes may start at once: one migrates, the others wait for it. When
there is nothing to do, Alembic is not even imported.
"""

import argparse
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from hub_core.adapters.schema import CURRENT, HEAD

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS: Final = Path(__file__).parent / "migrations"
PATIENCE_SEC: Final = 90
"""Staging's database sleeps when idle, and may take half a minute or more to wake."""
CONNECT_SEC: Final = 10
PAUSE_SEC: Final = 1


class UnfitUrlError(Exception):
    """`DATABASE_URL` is none; the driver's own text would repeat it, password and all."""

    def __init__(self) -> None:
        super().__init__("DATABASE_URL: is no URL of PostgreSQL")


def alembic_config(database_url: str) -> "Config":
    """What Alembic's commands want; `infra/migrations/env.py` reads the URL from its attributes."""
    from alembic.config import Config  # noqa: PLC0415 (200 ms, and mostly there is nothing to do)

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    # The default is a path separator of its own making, and a warning about it.
    config.set_main_option("path_separator", "os")
    config.attributes["database_url"] = database_url
    return config


def revision_of(database_url: str) -> str | None:
    """The revision that the database is at; None: it is empty.

    Raises:
        psycopg.OperationalError: it does not answer.
        UnfitUrlError: there is no such URL.
    """
    try:
        conninfo_to_dict(database_url)
    except psycopg.ProgrammingError:
        raise UnfitUrlError from None
    with psycopg.connect(database_url, connect_timeout=CONNECT_SEC) as connection:
        try:
            row = connection.execute(CURRENT).fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return row[0] if row else None


def once_awake(database_url: str, patience_sec: float) -> str | None:
    """The revision of a database that may be asleep: asked until it answers.

    Raises:
        psycopg.OperationalError: it does not, for all the patience.
    """
    deadline = time.monotonic() + patience_sec
    while True:
        try:
            return revision_of(database_url)
        except psycopg.OperationalError:
            if time.monotonic() >= deadline:
                raise
        time.sleep(PAUSE_SEC)


def migrate(database_url: str, target: str = HEAD) -> bool:
    """Go up or down to `target`; answers whether there was anything to do."""
    current = revision_of(database_url) or "base"
    if current == target:
        return False
    from alembic import command  # noqa: PLC0415 (as above)

    config = alembic_config(database_url)
    if target == "base" or (current != "base" and target < current):
        command.downgrade(config, target)
    else:
        command.upgrade(config, target)
    return True


def main(arguments: list[str] | None = None) -> int:
    """The command; the answer is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.migrate", description=__doc__)
    parser.add_argument(
        "--to",
        type=_revision,
        default=HEAD,
        metavar="REVISION",
        help="default: the newest; base: none of them",
    )
    parser.add_argument(
        "--draft",
        metavar="TITLE",
        help="write a new revision from the difference between the tables in the code and the "
        "database; read it before you keep it",
    )
    parser.add_argument(
        "--sql",
        type=_revision,
        metavar="REVISION",
        help="write the SQL from there to the newest, and run nothing",
    )
    options = parser.parse_args(arguments)
    if options.sql:
        show(options.sql)
        return 0
    database_url = os.environ.get("DATABASE_URL")
    if not database_url:
        sys.stderr.write("DATABASE_URL: is missing\n")
        return 1
    try:
        if options.draft:
            draft(database_url, options.draft)
        elif migrate(database_url, options.to):
            sys.stdout.write(f"The schema is now at {options.to}.\n")
    except psycopg.OperationalError as error:
        # The text of the driver names host, port and user, never the password.
        sys.stderr.write(f"The database does not answer: {error}\n")
        return 1
    except UnfitUrlError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _revision(text: str) -> str:
    if text != "base" and not (re.fullmatch("[0-9]{4}", text) and "0001" <= text <= HEAD):
        raise argparse.ArgumentTypeError(f"there is no revision {text!r}; the newest is {HEAD}")
    return text


def show(since: str) -> None:
    """Write the SQL of the revisions after `since`."""
    from alembic import command  # noqa: PLC0415 (as above)

    command.upgrade(alembic_config(""), f"{since}:{HEAD}", sql=True)


def draft(database_url: str, title: str) -> None:
    """Write the next revision, numbered, from what the tables have and the database lacks."""
    from alembic import command  # noqa: PLC0415 (as above)

    number = f"{int(HEAD) + 1:04}"
    command.revision(alembic_config(database_url), message=title, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    sys.exit(main())
