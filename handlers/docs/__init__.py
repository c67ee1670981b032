"""The documentation, as the API serves it."""
