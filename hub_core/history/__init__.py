"""What happened in meetings, as records."""
