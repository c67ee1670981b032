"""Queues in templates, and the functions that they feed."""

import json
from datetime import timedelta

import pytest

from local.model import QueueSource
from local.queues.sqs import Sqs
from tests.local.templates import FUNCTION, Read, problems
from tests.local.templates import read as read

WORK = """
  Work:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: letters}}
"""
REDRIVE = "RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}"


def test_queues_and_their_functions_are_read(read: Read) -> None:
    events = """      Events:
        W:
          Type: SQS
          Properties:
            Queue: !GetAtt Work.Arn
            BatchSize: 100
            MaximumBatchingWindowInSeconds: 2
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: {MaximumConcurrency: 2}
      Environment: {Variables: {QUEUE: !Ref Work}}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Dead.Arn, FunctionName: !Ref F, BatchSize: 1}
"""

    template = read(FUNCTION + events + WORK)

    assert [queue.name for queue in template.queues] == ["letters", "Work"]
    work = template.queues[1].attributes
    assert work["VisibilityTimeout"] == "60"
    assert json.loads(work["RedrivePolicy"]) == {
        "deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:letters",
        "maxReceiveCount": 3,
    }
    assert template.queue_sources == (
        QueueSource(
            function="F",
            queue="Work",
            batch_size=100,
            window=timedelta(seconds=2),
            partial_failures=True,
            concurrency=2,
        ),
        QueueSource("F", "letters", batch_size=1),
    )
    url = template.functions["F"].environment["QUEUE"]
    assert url == "https://sqs.us-east-1.amazonaws.com/123456789012/Work"


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ("Queue: !GetAtt Work.Arn", "F: its Timeout of 61 s is more than the VisibilityTimeout"),
        ("Queue: arn:aws:sqs:us-east-1:1:other", "F: other is no queue of this template"),
        ("Queue: !Ref Work", "F, W: Queue is 'https://sqs"),
        (
            "Queue: !GetAtt Dead.Arn, BatchSize: 20",
            "F, W: BatchSize 20 needs a MaximumBatchingWindowInSeconds",
        ),
    ],
)
def test_a_queue_that_aws_refuses_is_refused(read: Read, properties: str, problem: str) -> None:
    event = f"      Timeout: 61\n      Events: {{W: {{Type: SQS, Properties: {{{properties}}}}}}}\n"

    told = problems(read, FUNCTION + event + WORK)

    assert any(each.startswith(problem) for each in told)


def test_dead_letter_queues_are_made_before_those_that_need_them(read: Read) -> None:
    chain = """
  A: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy:
    {deadLetterTargetArn: !GetAtt B.Arn, maxReceiveCount: 3}}}
  B: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy:
    {deadLetterTargetArn: !GetAtt C.Arn, maxReceiveCount: 3}}}
  C: {Type: AWS::SQS::Queue}
"""

    template = read(FUNCTION + chain)

    assert [queue.name for queue in template.queues] == ["C", "B", "A"]


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ("QueueName: 'with space'", "Q: the name with space is not 1 to 80 letters"),
        (f"QueueName: {'x' * 81}", f"Q: the name {'x' * 81} is not 1 to 80 letters"),
        ("QueueName: letters", "letters: two queues have this name"),
        ("RedrivePolicy: {maxReceiveCount: 3}", "Q: RedrivePolicy needs deadLetterTargetArn"),
        (
            REDRIVE.replace("3", "many"),
            "Q, RedrivePolicy: maxReceiveCount is 'many', not a whole number",
        ),
        (
            REDRIVE.replace("3", "0"),
            "Q, RedrivePolicy: maxReceiveCount is 0; AWS takes 1 to 1000",
        ),
        (
            "RedrivePolicy: {deadLetterTargetArn: 'arn:aws:sqs:us-east-1:1:x', maxReceiveCount: 3}",
            "Q: arn:aws:sqs:us-east-1:1:x is no queue for its dead letters",
        ),
        (
            "RedrivePolicy: {deadLetterTargetArn: !Sub '${Dead.Arn}-lost', maxReceiveCount: 3}",
            "Q: letters-lost is no queue of this template",
        ),
        (
            "RedrivePolicy: {deadLetterTargetArn: !GetAtt Q.Arn, maxReceiveCount: 3}",
            "Q: its dead letters come back to it",
        ),
        (
            f"FifoQueue: true, {REDRIVE}",
            "Q.fifo: its dead-letter queue letters must be FIFO as it is, or neither",
        ),
    ],
)
def test_a_queue_that_sqs_would_refuse_is_a_mistake_in_the_template(
    read: Read, properties: str, problem: str
) -> None:
    queue = f"  Q: {{Type: AWS::SQS::Queue, Properties: {{{properties}}}}}\n"

    told = problems(read, FUNCTION + WORK + queue)

    assert any(each.startswith(problem) for each in told), told


async def test_what_a_template_may_say_of_queues_sqs_takes(read: Read, aws_url: str) -> None:
    """SQS is moto's; the numbers are the least and the most of each, the chain is two long."""
    queues = f"""
  Most:
    Type: AWS::SQS::Queue
    Properties:
      {{QueueName: {"x" * 80}, {REDRIVE.replace("Dead", "Least").replace("3", "1000")},
      DelaySeconds: 900, MaximumMessageSize: 1048576, MessageRetentionPeriod: 1209600,
      ReceiveMessageWaitTimeSeconds: 20, VisibilityTimeout: 43200}}
  Least:
    Type: AWS::SQS::Queue
    Properties:
      {{{REDRIVE.replace("3", "1")}, DelaySeconds: 0, MaximumMessageSize: 1024,
      MessageRetentionPeriod: 60, ReceiveMessageWaitTimeSeconds: 0, VisibilityTimeout: 0}}
  Row:
    Type: AWS::SQS::Queue
    Properties:
      {{QueueName: {"x" * 75}.fifo, FifoQueue: true, {REDRIVE.replace("Dead", "DeadRow")}}}
  DeadRow: {{Type: AWS::SQS::Queue, Properties: {{FifoQueue: true}}}}
"""
    template = read(FUNCTION + WORK + queues)
    sqs = Sqs(aws_url, template.region)

    for queue in template.queues:
        await sqs.create(queue.name, queue.attributes)

    await sqs.close()
    assert len(template.queues) == 6
