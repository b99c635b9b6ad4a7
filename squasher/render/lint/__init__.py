"""The formats of ``squasher lint``, one a module."""
