"""Where AWS's services are, by the variables that the AWS SDKs know."""

from collections.abc import Mapping


def service_url(service: str, region: str, environment: Mapping[str, str]) -> str:
    """The endpoint of a service in a region: `https://sqs.eu-west-1.amazonaws.com`.

    In a network without IPv4 to the outside only the dual-stack name leads anywhere.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    own = f"AWS_ENDPOINT_URL_{_VARIABLES.get(service, service.upper())}"
    if given := environment.get(own) or environment.get("AWS_ENDPOINT_URL"):
        return given
    dual = environment.get("AWS_USE_DUALSTACK_ENDPOINT", "").lower() == "true"
    return f"https://{service}.{region}.{'api.aws' if dual else 'amazonaws.com'}"


_VARIABLES = {"secretsmanager": "SECRETS_MANAGER"}
