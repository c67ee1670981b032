"""Who was asked to come."""
