"""Where a capability meets FastAPI and Lambda."""
