"""The inspector: what happened in a running emulator, and why, on a page."""
