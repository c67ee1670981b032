"""One route, one module, one Lambda."""
