"""Queues as event sources: from SQS into functions, as Lambda's pollers do it."""
