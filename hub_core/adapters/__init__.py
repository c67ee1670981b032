"""Plumbing without product words: settings, the container, data stores, tokens, the gateway."""
