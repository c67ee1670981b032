"""A module with a mistake at its top."""

raise RuntimeError("a mistake at import")
