"""Queues in templates, and the functions that they feed."""

import json
from datetime import timedelta

import pytest

from local.model import QueueSource
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
