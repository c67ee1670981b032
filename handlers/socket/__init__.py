"""The three doors of the WebSocket API."""
