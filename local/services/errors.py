"""What can go wrong with a data store, in a sentence for the person who started it."""


class ServiceError(Exception):
    """A data store or its folder cannot be used; the message is one sentence without secrets."""
