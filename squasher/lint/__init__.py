"""Lint: what a chain did when it was replayed, read by rules."""
