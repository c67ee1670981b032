"""API Gateway on one local port: an HTTP API, a WebSocket API and the `@connections` API."""
