"""Where AWS's services are."""

import pytest

from hub_core.adapters.aws import service_url

HERE = "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "https://sqs.eu-west-1.amazonaws.com"),
        ({"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "https://sqs.eu-west-1.api.aws"),
        ({"AWS_ENDPOINT_URL": HERE, "AWS_USE_DUALSTACK_ENDPOINT": "true"}, HERE),
        ({"AWS_ENDPOINT_URL_SQS": HERE, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, HERE),
        ({"AWS_ENDPOINT_URL_SES": HERE}, "https://sqs.eu-west-1.amazonaws.com"),
    ],
)
def test_the_nearer_word_counts(environment: dict[str, str], url: str) -> None:
    assert service_url("sqs", "eu-west-1", environment) == url
