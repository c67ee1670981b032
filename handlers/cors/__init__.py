"""Pages of other origins."""
