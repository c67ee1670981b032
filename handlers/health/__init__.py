"""Whether the service lives, and whether a meeting could be held."""
