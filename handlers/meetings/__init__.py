"""Meetings: creating them, finding them, getting in."""
