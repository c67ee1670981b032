"""The whole emulator as a process: what it starts, tells, serves and ends."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import boto3
import httpx
import psutil
import pytest
from websockets.sync.client import connect

from tests.emulator import ROOT, Emulator, running_emulator
from tests.local.conftest import TEMPLATE

EXAMPLE = Path(TEMPLATE).parent


def run(
    *flags: str, data: Path, through: Sequence[str] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run an emulator that is expected to end by itself; `through` is a shell around it."""
    return subprocess.run(
        [*through, *through[:1], sys.executable, "-m", "local", "--data", data, *flags],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def servers_of(emulator: Emulator) -> list[psutil.Process]:
    return psutil.Process(emulator.process.pid).children(recursive=True)


def ended(processes: list[psutil.Process]) -> bool:
    """Whether all are gone, within ten seconds; zombies wait only for init."""
    _, alive = psutil.wait_procs(processes, timeout=10)
    return all(each.status() == psutil.STATUS_ZOMBIE for each in alive)


# doors


def test_http_goes_through(example: Emulator) -> None:
    answer = httpx.post(f"{example.url}/echo/a/b", content="hello")

    assert (answer.status_code, answer.text) == (200, "hello")


def test_sockets_and_posts_go_through(example: Emulator) -> None:
    with connect(example.socket_url) as one, connect(example.socket_url) as other:
        one.send("{}")
        other.send("{}")
        own, theirs = str(one.recv(20)), str(other.recv(20))

        other.send(json.dumps({"to": own, "text": "hello"}))

        assert one.recv(20) == "hello"
        assert own != theirs


def test_functions_post_to_the_address_that_was_asked_for(tmp_path: Path) -> None:
    flags = ["--template", TEMPLATE, "--host", "127.0.0.2"]
    with running_emulator(tmp_path / "data", flags=flags) as emulator:
        with connect(emulator.socket_url) as one:
            one.send("{}")

            own = str(one.recv(20))

        port = emulator.url.rpartition(":")[2]
        found = httpx.get(f"{emulator.url}/variables").json()
        assert own.endswith("=")
        assert found["MANAGEMENT"] == f"http://127.0.0.2:{port}/live"


def test_a_function_finds_its_variables_and_its_apis_here(example: Emulator) -> None:
    found = httpx.get(f"{example.url}/variables").json()

    port = example.url.rpartition(":")[2]
    assert found["STAGE"] == "local"
    assert found["MANAGEMENT"] == f"http://127.0.0.1:{port}/live"
    assert found["SOCKETS"] == f"ws://localhost:{port}/ws"
    assert found["WEB"] == f"http://localhost:{port}"
    assert found["ELSEWHERE"] == "https://abcd123.execute-api.us-east-1.amazonaws.com/prod"
    assert len(found["KEY"]) >= 32
    assert found["DESK"] == str(example.data / "desk")
    assert found["REDIS_URL"].startswith("redis://")
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} <= found.keys()
    assert "DATABASE_URL" not in found


def test_a_function_that_cannot_be_imported_is_500_and_said_and_the_rest_works(
    example: Emulator,
) -> None:
    broken = httpx.get(f"{example.url}/broken")
    fine = httpx.get(f"{example.url}/echo/x")

    assert (broken.status_code, fine.status_code) == (500, 200)
    assert example.line("Unable to import module 'nowhere'")


def test_a_function_that_never_answers_is_500_at_its_time_limit(example: Emulator) -> None:
    answer = httpx.get(f"{example.url}/never", timeout=20)

    assert (answer.status_code, answer.text) == (500, '{"message":"Internal Server Error"}')
    assert example.line("Task timed out after 1.00 seconds")


def test_a_schedule_fires_with_the_event_of_eventbridge(example: Emulator) -> None:
    ticks: list[dict[str, object]] = []
    while not ticks:
        ticks = httpx.get(f"{example.url}/ticks").json()

    assert ticks[0].keys() == {
        *("version", "id", "detail-type", "source", "account", "time", "region", "resources"),
        "detail",
    }
    assert ticks[0]["source"] == "aws.events"
    assert ticks[0]["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/ClockTick"]


def test_the_banner_says_where_things_are_and_what_was_prepared(example: Emulator) -> None:
    text = "\n".join(example.output)

    assert "Ready after" in text
    assert example.url.replace("127.0.0.1", "localhost") in text
    assert "Prepared for local." in text
    assert "Ctrl-C" in text
    assert example.shared["KEY"] not in text


def test_its_files_are_for_its_owner_alone(example: Emulator) -> None:
    modes = {path.name: path.stat().st_mode & 0o77 for path in example.data.glob("*.*")}

    assert {"services.env", "secrets.json", "emulator.json"} <= modes.keys()
    assert modes["services.env"] == modes["secrets.json"] == 0


# start and end


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_that_was_started(tmp_path: Path, number: signal.Signals) -> None:
    with running_emulator(tmp_path, flags=["--template", TEMPLATE]) as emulator:
        httpx.get(f"{emulator.url}/echo/x")
        started = servers_of(emulator)

        code = emulator.stop(number)

        assert code == 0
        assert len(started) >= 3
        assert ended(started)
        assert not (tmp_path / "emulator.json").exists()
        assert not (tmp_path / "services.env").exists()


def test_after_a_kill_nothing_stays_and_the_next_start_finds_all_data(tmp_path: Path) -> None:
    with running_emulator(tmp_path, flags=["--template", TEMPLATE]) as emulator:
        httpx.get(f"{emulator.url}/echo/x")
        started = servers_of(emulator)
        key = emulator.shared["KEY"]

        emulator.stop(signal.SIGKILL)

        assert ended(started)
    with running_emulator(tmp_path, flags=["--template", TEMPLATE]) as again:
        assert httpx.get(f"{again.url}/echo/x").status_code == 200
        assert again.shared["KEY"] == key


def test_two_emulators_on_the_same_stores_are_one_gateway(tmp_path: Path) -> None:
    with ExitStack() as stack:
        flags = ["--template", TEMPLATE]
        here = stack.enter_context(running_emulator(tmp_path / "1", flags=flags))
        variables = {name: here.shared[name] for name in ("REDIS_URL", "KEY")}
        there = stack.enter_context(
            running_emulator(tmp_path / "2", flags=flags, variables=variables)
        )
        one = stack.enter_context(connect(here.socket_url))
        other = stack.enter_context(connect(there.socket_url))
        one.send("{}")
        own = str(one.recv(20))

        other.send(json.dumps({"to": own, "text": "from the other node"}))

        assert one.recv(20) == "from the other node"
        assert there.shared["KEY"] == here.shared["KEY"]


def test_the_connections_of_a_node_that_was_killed_are_gone(tmp_path: Path) -> None:
    with ExitStack() as stack:
        flags = ["--template", TEMPLATE]
        here = stack.enter_context(running_emulator(tmp_path / "1", flags=flags))
        variables = {name: here.shared[name] for name in ("REDIS_URL", "KEY", "AWS_ENDPOINT_URL")}
        there = stack.enter_context(
            running_emulator(tmp_path / "2", flags=flags, variables=variables)
        )
        client = stack.enter_context(connect(there.socket_url))
        client.send("{}")
        theirs = str(client.recv(20))
        management = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=f"{here.url}/live",
            region_name=here.shared["AWS_REGION"],
            aws_access_key_id=here.shared["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=here.shared["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=here.shared["AWS_SESSION_TOKEN"],
        )
        management.post_to_connection(ConnectionId=theirs, Data=b"alive")

        there.stop(signal.SIGKILL)

        # Its port is closed, which is found out at once; its lease in Redis lasts six seconds.
        with pytest.raises(management.exceptions.GoneException):
            management.post_to_connection(ConnectionId=theirs, Data=b"dead")


def test_functions_run_in_threads_if_asked(tmp_path: Path) -> None:
    flags = ["--template", TEMPLATE, "--in-process"]
    with running_emulator(tmp_path, flags=flags) as emulator:
        found = httpx.get(f"{emulator.url}/variables").json()
        with connect(emulator.socket_url) as client:
            client.send("{}")
            assert len(str(client.recv(20))) == 16

        assert found["STAGE"] == "local"
        commands = [" ".join(each.cmdline()) for each in servers_of(emulator)]
        assert not any("awslambdaric" in command for command in commands)


def test_more_sockets_are_open_than_a_shell_begins_with(tmp_path: Path) -> None:
    with ExitStack() as stack:
        with few_descriptors(256):
            flags = ["--template", TEMPLATE]
            node = stack.enter_context(running_emulator(tmp_path / "data", flags=flags))
        port = int(node.url.rpartition(":")[2])

        for _ in range(300):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))

        assert httpx.get(f"{node.url}/echo/x").status_code == 200


@contextmanager
def few_descriptors(count: int) -> Iterator[None]:
    """What is started meanwhile may have so many, and raise it as far as we could."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# what goes wrong


def test_a_taken_port_is_one_sentence_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        refused = run("--port", str(port), data=tmp_path / "data")

    assert refused.returncode == 1
    assert refused.stderr == (
        f"Port {port} on 127.0.0.1 is in use by another process: stop that one, "
        "or choose another port with PORT=…\n"
    )
    assert not (tmp_path / "data").exists()


def test_a_taken_control_port_names_the_flag_that_chooses_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        refused = run("--port", "0", "--control-port", port, data=tmp_path / "data")

    assert refused.returncode == 1
    assert refused.stderr.endswith("or choose another port with --control-port\n")


@pytest.mark.parametrize("host", ["192.0.2.1", "::1", "nowhere.invalid"])
def test_a_host_that_is_none_of_this_machine_is_one_sentence(tmp_path: Path, host: str) -> None:
    refused = run("--port", "0", "--host", host, data=tmp_path / "data")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"Port 0 on {host} cannot be opened: ")
    assert refused.stderr.count("\n") == 1


def test_a_folder_in_use_is_one_sentence(example: Emulator) -> None:
    refused = run("--port", "0", "--template", TEMPLATE, data=example.data)

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"in use by another emulator (process {example.process.pid})" in refused.stderr


def test_a_disk_without_room_is_one_sentence(tmp_path: Path) -> None:
    flags = ("--port", "0", "--template", TEMPLATE)

    refused = run(*flags, data=tmp_path / "data", through=("bash", "-c", 'ulimit -f 0; exec "$@"'))

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"The data folder {tmp_path}/data cannot be written: File too large.\n"


def test_a_store_that_cannot_be_reached_is_one_sentence(tmp_path: Path) -> None:
    refused = run(
        *("--port", "0", "--template", TEMPLATE),
        data=tmp_path,
        REDIS_URL="redis://:hidden@127.0.0.1:1/0",
    )

    assert refused.returncode == 1
    assert refused.stderr.startswith("REDIS_URL cannot be reached: ")
    assert refused.stderr.count("\n") == 1
    assert "hidden" not in refused.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense"])
def test_an_aws_that_cannot_be_reached_is_one_sentence(tmp_path: Path, url: str) -> None:
    flags = ("--port", "0", "--template", TEMPLATE)

    refused = run(*flags, data=tmp_path, AWS_ENDPOINT_URL=url)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("AWS_ENDPOINT_URL cannot be reached: ")
    assert refused.stderr.count("\n") == 1


def test_a_preparing_step_that_refuses_stops_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("functions.py", "template.yaml"):
        (folder / name).write_text((EXAMPLE / name).read_text())
    (folder / "step.py").write_text("raise SystemExit('The settings are not fit.')")

    refused = run("--port", "0", "--template", f"{folder}/template.yaml", data=tmp_path / "data")

    assert (refused.returncode, refused.stderr) == (1, "The settings are not fit.\n")


def test_a_bad_template_is_told_with_every_reason(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text("Resources: {A: {}, F: {Type: AWS::Serverless::Function, Properties: {}}}")

    refused = run("--template", str(path), data=tmp_path / "data")

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"The template {path} cannot be run:\n  A: it has no Type\n")
    assert "F: it has no Handler" in refused.stderr


def test_a_queue_that_sqs_refuses_is_told_before_any_door_opens(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    lost = "{deadLetterTargetArn: 'arn:aws:sqs:us-east-1:123456789012:lost', maxReceiveCount: 3}"
    path.write_text(
        f"Resources: {{Q: {{Type: AWS::SQS::Queue, Properties: {{RedrivePolicy: {lost}}}}}}}"
    )

    refused = run("--port", "0", "--template", str(path), data=tmp_path / "data")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Q: lost is no queue of this template" in refused.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--port", "70000"], "'70000' is no port"),
        (["--time-scale", "0"], "'0' is no factor"),
        (["--parameter", "x"], "'x' is not NAME=VALUE"),
        (["--containers", "0"], "'0' is no number above 0"),
        (["--nothing"], "unrecognized arguments: --nothing"),
    ],
)
def test_a_wrong_flag_is_told(tmp_path: Path, flags: list[str], complaint: str) -> None:
    refused = run(*flags, data=tmp_path)

    assert refused.returncode == 2
    assert complaint in refused.stderr
