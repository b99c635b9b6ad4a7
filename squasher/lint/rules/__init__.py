"""The rules, in the order of their codes: one module and one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rules import (
    sq101_file_name,
    sq102_duplicate_number,
    sq103_number_taken,
    sq104_number_out_of_order,
    sq105_released_file_changed,
    sq201_statement_fails,
    sq202_transaction_control,
    sq901_unused_ignore,
    sq902_ignore_without_reason,
)

if TYPE_CHECKING:
    from squasher.lint.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    sq101_file_name.RULE,
    sq102_duplicate_number.RULE,
    sq103_number_taken.RULE,
    sq104_number_out_of_order.RULE,
    sq105_released_file_changed.RULE,
    sq201_statement_fails.RULE,
    sq202_transaction_control.RULE,
    sq901_unused_ignore.RULE,
    sq902_ignore_without_reason.RULE,
)

GROUPS: Final = {
    "SQ1": "names and numbers",
    "SQ2": "the dialect of D1",
    "SQ3": "data safety",
    "SQ4": "silent no-ops",
    "SQ5": "determinism",
    "SQ6": "schema quality",
    "SQ9": "comments",
}
