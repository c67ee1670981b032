"""The data stores of the emulator: a real PostgreSQL and a real Valkey, out of two wheels."""

from local.services.embedded import EmbeddedServices, Endpoints, embedded_services
from local.services.errors import ServiceError
from local.services.postgres import create_database

__all__ = [
    "EmbeddedServices",
    "Endpoints",
    "ServiceError",
    "create_database",
    "embedded_services",
]
