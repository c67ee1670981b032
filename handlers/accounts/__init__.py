"""Accounts: signing up, signing in, who one is."""
