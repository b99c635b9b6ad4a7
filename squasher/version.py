"""The version, in the one place that needs no other import."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
