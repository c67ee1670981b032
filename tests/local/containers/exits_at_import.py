"""A module that ends the process."""

import sys

sys.exit(3)
