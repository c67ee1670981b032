"""The addresses of a deployed stack: `python -m infra.bar.outputs hub-staging`, in `make smoke`."""

import sys

import boto3


def main(stack: str) -> None:
    """The command: the three addresses on one line."""
    described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}
    sys.stdout.write(f"{outputs['Api']} {outputs['Live']} {outputs['Management']}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
