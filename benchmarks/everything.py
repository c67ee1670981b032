"""What a handler loads that loads everything: all routes in one function, and AWS's SDK.

The socket functions talk to three services of AWS (posting to connections, the queue of shares,
secrets) by code of our own; as it is usually written, a client of boto3 for each stands at the top.
"""

from importlib import import_module
from pathlib import Path

import boto3

HANDLERS = Path(__file__).parents[1] / "handlers"

for path in sorted(HANDLERS.glob("*/*.py")):
    if path.name != "__init__.py":
        import_module(f"handlers.{path.parent.name}.{path.stem}")

CLIENTS = [
    boto3.client(service, region_name="us-east-1")
    for service in ("apigatewaymanagementapi", "sqs", "secretsmanager")
]
