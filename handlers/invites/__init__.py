"""Invites: asking somebody in, and answering."""
