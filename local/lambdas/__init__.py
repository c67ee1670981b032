"""The functions of a template, run as Lambda runs them."""
