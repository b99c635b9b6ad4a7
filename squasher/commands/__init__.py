"""One use case per module: plain functions, a target in, a value out. They print nothing."""
