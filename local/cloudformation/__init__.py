"""As much of CloudFormation's language as a template needs to be read on this machine."""
