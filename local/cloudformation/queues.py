"""`AWS::SQS::Queue`, and the queues that functions are fed from."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from local.cloudformation.auth import texts
from local.cloudformation.function_of import function_of
from local.cloudformation.resource import Resource
from local.cloudformation.scope import queue_name
from local.model import ACCOUNT_ID, Function, Queue, QueueSource

SOURCE = "AWS::Lambda::EventSourceMapping"

_NUMBERS = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1024 * 1024),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
_WORDS = ("ContentBasedDeduplication", "DeduplicationScope", "FifoQueue", "FifoThroughputLimit")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_MOST_RECEIVES = 1000
_VISIBILITY = "30"
"""Seconds, unless the queue says otherwise."""
_RECEIVE = 10
"""Messages that one `ReceiveMessage` can bring, and a FIFO source's largest batch."""


def read_queue(resource: Resource) -> Queue:
    """One queue with its attributes."""
    attributes: dict[str, str] = {}
    for key, (least, most) in _NUMBERS.items():
        if (number := resource.number(key, least=least, most=most)) is not None:
            attributes[key] = str(number)
    for key in _WORDS:
        if (word := resource.text(key)) is not None:
            attributes[key] = word
    if redrive := _redrive(resource):
        attributes["RedrivePolicy"] = redrive
    name = queue_name(resource.name, {key: resource.value(key) for key in ("QueueName", *_WORDS)})
    if (attributes.get("FifoQueue") == "true") != name.endswith(".fifo"):
        resource.problem(f"the name {name} and FifoQueue do not agree: FIFO names end in .fifo")
    elif not _NAME.fullmatch(name):
        resource.problem(f"the name {name} is not 1 to 80 letters, digits, hyphens and underscores")
    return Queue(name, attributes)


def _redrive(resource: Resource) -> str | None:
    redrive = resource.value("RedrivePolicy")
    if redrive is None:
        return None
    if not isinstance(redrive, dict):
        resource.problem("RedrivePolicy is no map")
        return None
    policy = resource.part("RedrivePolicy", redrive)
    target = policy.text("deadLetterTargetArn")
    count = policy.number("maxReceiveCount", least=1, most=_MOST_RECEIVES)
    if not redrive.keys() >= {"deadLetterTargetArn", "maxReceiveCount"}:
        resource.problem("RedrivePolicy needs deadLetterTargetArn and maxReceiveCount")
    return json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": count})


def in_order(queues: Collection[Queue]) -> tuple[Queue, ...]:
    """Dead-letter queues first, and theirs before them: a redrive policy must find its target."""
    placed: list[Queue] = []
    left = list(queues)
    while left:
        to_come = {queue.name for queue in left}
        ready = [queue for queue in left if _name_in(_target(queue)) not in to_come]
        placed += ready or left  # a circle has no first one: `check_queues` tells
        left = [queue for queue in left if queue not in placed]
    return tuple(placed)


def check_queues(queues: Sequence[Queue], region: str) -> list[str]:
    """What SQS would refuse when they are made one after the other, in this order."""
    problems: list[str] = []
    names = {queue.name for queue in queues}
    made: set[str] = set()
    for queue in queues:
        arn = _target(queue)
        target = _name_in(arn)
        if queue.name in made:
            problems.append(f"{queue.name}: two queues have this name")
        if arn is not None and arn != f"arn:aws:sqs:{region}:{ACCOUNT_ID}:{target}":
            problems.append(f"{queue.name}: {arn} is no queue for its dead letters")
        elif target is not None and target not in names:
            problems.append(f"{queue.name}: {target} is no queue of this template")
        elif target is not None and target not in made:
            problems.append(f"{queue.name}: its dead letters come back to it")
        elif target is not None and target.endswith(".fifo") != queue.name.endswith(".fifo"):
            problems.append(
                f"{queue.name}: its dead-letter queue {target} must be FIFO as it is, or neither"
            )
        made.add(queue.name)
    return problems


def _target(queue: Queue) -> str | None:
    """The ARN of its dead-letter queue."""
    policy = queue.attributes.get("RedrivePolicy")
    arn: str | None = json.loads(policy)["deadLetterTargetArn"] if policy else None
    return arn


def _name_in(arn: str | None) -> str | None:
    return arn.rpartition(":")[2] if arn else None


def read_mapping(
    resource: Resource, functions: Mapping[str, Function], skipped: Collection[str]
) -> list[QueueSource]:
    """An event source mapping spelt out as a resource of its own."""
    name = resource.text("FunctionName")
    if name is not None and name in functions:
        return read_source(resource, name, "EventSourceArn")
    function = function_of(resource, "FunctionName", functions, skipped)
    return read_source(resource, function, "EventSourceArn") if function else []


def read_source(event: Resource, function: str, key: str = "Queue") -> list[QueueSource]:
    """A function's queue; `key` holds its ARN."""
    event.refuse({"FilterCriteria"})
    if not event.flag("Enabled", otherwise=True):
        return []
    arn = event.text(key)
    if not arn or not arn.startswith("arn:aws:sqs:"):
        if key == "Queue":
            event.problem(f"Queue is {arn!r}, which is no ARN of a queue")
        else:
            event.unsupported(f"{arn} is no queue: such events never come")
        return []
    scaling = event.part("ScalingConfig", event.mapping("ScalingConfig"))
    size = event.number("BatchSize", least=1, most=10_000) or _RECEIVE
    window = event.number("MaximumBatchingWindowInSeconds", least=0, most=300) or 0
    queue = arn.rpartition(":")[2]
    if size > _RECEIVE and not window:
        event.problem(f"BatchSize {size} needs a MaximumBatchingWindowInSeconds of 1 or more")
    if size > _RECEIVE and queue.endswith(".fifo"):
        event.problem(f"BatchSize is {size}; a FIFO queue allows {_RECEIVE}")
    return [
        QueueSource(
            function=function,
            queue=queue,
            batch_size=size,
            window=timedelta(seconds=window),
            partial_failures="ReportBatchItemFailures" in texts(event, "FunctionResponseTypes"),
            concurrency=scaling.number("MaximumConcurrency", least=2, most=1000) or 5,
        )
    ]


def check_sources(
    sources: Sequence[QueueSource], queues: Collection[Queue], functions: Mapping[str, Function]
) -> list[str]:
    """What AWS would refuse about these sources, or this machine does not have."""
    by_name = {queue.name: queue for queue in queues}
    problems = []
    for source in sources:
        queue = by_name.get(source.queue)
        if queue is None:
            problems.append(f"{source.function}: {source.queue} is no queue of this template")
            continue
        visible = int(queue.attributes.get("VisibilityTimeout", _VISIBILITY))
        timeout = functions[source.function].timeout.total_seconds()
        if visible < timeout:
            problems.append(
                f"{source.function}: its Timeout of {timeout:.0f} s is more than the "
                f"VisibilityTimeout of {source.queue}, {visible} s, which AWS refuses"
            )
    return problems
