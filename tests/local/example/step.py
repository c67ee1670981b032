"""A preparing step."""

import os

print(f"Prepared for {os.environ['STAGE']}.")  # noqa: T201 - what it prints is in the banner
