"""Say what is wrong with the environment, all at once: `python -m infra.check_settings`."""

import sys

from hub_core.adapters.settings import SettingsError, read_settings


def main() -> int:
    """The command; silent when all is well. The answer is the exit code."""
    try:
        read_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
