"""The WebSocket: three functions that know neither SQLAlchemy nor FastAPI."""
