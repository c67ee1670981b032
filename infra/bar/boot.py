"""Start every function from what is deployed, as Lambda does, and have it answer one event.

AWS's own runtime client (`awslambdaric`) runs it under the Python of Lambda, with the unpacked
layers and nothing else; this process plays the Runtime API for one invocation. No data store is
there: a function that needs one says so, in its own words.
"""

import json
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from hub_core.adapters.settings import POINTER, WITHHELD
from infra.bundle import interpreter
from infra.template import Door, HttpDoor, QueueDoor, SocketDoor, StackDoor, doors, functions, load

PATIENCE_SEC: Final = 30
ABREAST: Final = 3
HERE: Final = "x86_64"
"""The platform of the machines that check; Lambda's is arm64, with the same sources."""
NOWHERE: Final = "127.0.0.1:9"
NO_STORE: Final = {"ConnectionError", "OperationalError", "URLError", "Unavailable"}
"""What functions without a client to answer raise when no data store is there."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Nothing: a function that has answered is killed, and its connection with it."""


@dataclass
class Invocation:
    """One event on its way to a function, and what came back."""

    event: Mapping[str, Any]
    done: threading.Event = field(default_factory=threading.Event)
    answer: Any = None
    error: str | None = None


class _Handler(BaseHTTPRequestHandler):
    """The three calls of the Runtime API that one invocation takes."""

    invocation: Invocation
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Hand out the event, once; whoever asks again waits until it is ended."""
        if self.invocation.done.is_set():
            threading.Event().wait(PATIENCE_SEC)
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": "b0075000-0000-4000-8000-000000000000",
            "Lambda-Runtime-Deadline-Ms": "9999999999999",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:f:live",
            "Lambda-Runtime-Trace-Id": "Root=1-0-0;Sampled=0",
            "Content-Type": "application/json",
        }
        self._respond(200, json.dumps(self.invocation.event).encode(), headers)

    def do_POST(self) -> None:
        """Take the answer, or the error."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._respond(202, b"{}", {"Content-Type": "application/json"})
        said = json.loads(body or b"null")
        if self.path.endswith("/response"):
            self.invocation.answer = said
        elif said["errorType"] in NO_STORE and not self.path.endswith("/init/error"):
            self.invocation.answer = said["errorType"]
        else:
            self.invocation.error = f"{said['errorType']}: {said['errorMessage']}"
        self.invocation.done.set()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _respond(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def boot_all(unpacked: Mapping[str, Path]) -> dict[str, str]:
    """What each function of the template answered, from the folders that hold the bundles.

    Raises:
        RuntimeError: some did not; the text names each.
    """
    template = load()
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    found = functions(template)
    answered, failed = {}, []
    with ThreadPoolExecutor(ABREAST) as pool:

        def boot(door: Door) -> Invocation:
            of_function = found[door.function]
            names = [layer["Ref"].removesuffix("Layer").lower() for layer in of_function["Layers"]]
            layers = (unpacked[name] / "python" for name in names)
            given = {**variables, **of_function.get("Environment", {}).get("Variables", {})}
            return _boot(door, [unpacked["code"], *layers, unpacked["ric"]], given)

        one_each = {door.function: door for door in doors(template)}
        for name, invocation in zip(one_each, pool.map(boot, one_each.values()), strict=True):
            if invocation.error or not invocation.done.is_set():
                failed.append(f"{name}: {invocation.error or 'it did not answer'}")
            else:
                answered[name] = _short(invocation.answer)
    if failed:
        raise RuntimeError("\n".join(failed))
    return answered


def _boot(door: Door, path: list[Path], variables: Mapping[str, Any]) -> Invocation:
    invocation = Invocation(event_for(door))
    handler = type("Handler", (_Handler,), {"invocation": invocation})
    server = _Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        **{name: _here(name, value) for name, value in variables.items()},
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": door.function,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "_HANDLER": door.handler,
        "PYTHONPATH": ":".join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [str(interpreter()), "-S", "-m", "awslambdaric", door.handler]
    with subprocess.Popen(  # noqa: S603 (our own command)
        command, env=environment, cwd=path[0], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        while not invocation.done.wait(0.05) and process.poll() is None:
            pass
        process.kill()
        output, _ = process.communicate()
    server.shutdown()
    if not invocation.done.is_set():
        invocation.error = output.decode(errors="replace")[-2000:]
    return invocation


def _here(name: str, value: Any) -> str:
    """What a variable of the template is on this machine."""
    if value == WITHHELD:
        return WITHHELD
    if name in _STAND_INS:
        return _STAND_INS[name]
    if isinstance(value, dict):
        return ""  # AWS's to know, or a parameter that may be empty
    return _KEY if str(value).startswith(POINTER) else str(value)


_KEY: Final = "boot:0123456789abcdef0123456789abcdef"
_STAND_INS: Final = {
    "ENVIRONMENT": "test",
    "DATABASE_URL": f"postgresql://x@{NOWHERE}/x",
    "REDIS_URL": f"redis://{NOWHERE}",
    "JWT_ACCESS_SECRET": _KEY,
    "JWT_REFRESH_SECRET": _KEY,
    "ROOM_TOKEN_SECRET": _KEY,
    "CORS_ORIGIN": "",
    "MANAGEMENT_API_URL": f"http://{NOWHERE}/live",
    "WEBSOCKET_URL": f"ws://{NOWHERE}/ws",
    "SECRETS": "boot/",
}
"""For what the template takes from AWS."""


def event_for(door: Door) -> dict[str, Any]:
    """The plainest event that comes through this door."""
    match door:
        case HttpDoor(method=method, path=path):
            http = {"method": method, "path": path, "sourceIp": "192.0.2.1", "userAgent": "boot"}
            return {
                "version": "2.0",
                "routeKey": f"{method} {path}",
                "rawPath": path.replace("{", "").replace("}", ""),
                "rawQueryString": "",
                "headers": {"host": "boot", "content-type": "application/json"},
                "requestContext": {
                    "http": http,
                    "requestId": "boot",
                    "domainName": "boot",
                    "stage": "$default",
                },
                "body": "{}",
                "isBase64Encoded": False,
            }
        case SocketDoor(key=key):
            kinds = {"$connect": "CONNECT", "$disconnect": "DISCONNECT", "$default": "MESSAGE"}
            context = {
                "routeKey": key,
                "eventType": kinds[key],
                "connectionId": "boot=",
                "connectedAt": 0,
                "requestId": "boot",
                "domainName": "boot",
                "stage": "live",
                "identity": {"sourceIp": "192.0.2.1"},
            }
            return {"requestContext": context, "headers": {}, "body": "?", "isBase64Encoded": False}
        case QueueDoor():
            return {"Records": []}
        case StackDoor():
            keys = ("StackId", "RequestId", "LogicalResourceId")
            url = f"http://{NOWHERE}/"
            return {"RequestType": "Delete", "ResponseURL": url, **dict.fromkeys(keys, "boot")}
        case _:
            return {"source": "aws.events", "time": "2026-11-24T06:00:00Z"}


def _short(answer: Any) -> str:
    return str(answer.get("statusCode", "an answer")) if isinstance(answer, dict) else str(answer)
