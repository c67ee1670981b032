"""Moto behind a socket that listens already, as a script: `python -P moto_server.py REGION QUEUES`.

Standard input is that socket, as inetd hands it over. QUEUES, a JSON object of names and
attributes, are made before the first connection is accepted, so nobody finds SQS without them.
"""

import json
import signal
import socket
import sys

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server
from werkzeug.test import Client

_OK = 200


def serve(region: str, queues: dict[str, dict[str, str]]) -> None:
    """Answer until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app = DomainDispatcherApplication(create_backend_app)
    for name, attributes in queues.items():
        _create(app, region, name, attributes)
    listener = socket.socket(fileno=0)
    host, port = listener.getsockname()
    make_server(
        *(host, port, app),
        threaded=True,
        request_handler=MotoRequestHandler,
        fd=listener.fileno(),
    ).serve_forever()


def _create(
    app: DomainDispatcherApplication, region: str, name: str, attributes: dict[str, str]
) -> None:
    credential = f"local/20000101/{region}/sqs/aws4_request"
    answer = Client(app).post(
        "/",
        headers={
            "authorization": f"AWS4-HMAC-SHA256 Credential={credential}, Signature=none",
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": "AmazonSQS.CreateQueue",
        },
        data=json.dumps({"QueueName": name, "Attributes": attributes}),
    )
    if answer.status_code != _OK:
        sys.exit(f"ERROR the queue {name} is refused: {answer.get_data(as_text=True)}")


if __name__ == "__main__":
    serve(sys.argv[1], json.loads(sys.argv[2]))
