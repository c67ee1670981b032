"""Measurements: ratios and counts of one run on one machine, never asserted in a test."""
