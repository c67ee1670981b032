"""Words that every floor uses. Imports nothing of ours."""
