"""What may happen in a room: one file a subject, each command beside its rule and its changes."""
