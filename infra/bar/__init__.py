"""What is proved about a deployment without an account: `make bar-infra`."""
