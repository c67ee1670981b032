"""Meetings as records: their codes, settings and participants."""
