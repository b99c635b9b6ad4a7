"""The rules, in the order of their codes: one module and one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rules import (
    sq201_statement_fails,
    sq202_transaction_control,
    sq401_exists_otherwise,
    sq402_insert_ignored,
    sq403_no_row_met,
    sq404_drop_of_nothing,
    sq601_unindexed_foreign_key,
    sq602_duplicate_index,
    sq603_redundant_index,
    sq604_no_primary_key,
    sq605_double_quoted_string,
    sq606_broken_view,
    sq607_foreign_key_to_nothing,
    sq608_foreign_key_without_key,
    sq609_surprising_type,
    sq901_unused_ignore,
    sq902_ignore_without_reason,
)

if TYPE_CHECKING:
    from squasher.lint.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    sq201_statement_fails.RULE,
    sq202_transaction_control.RULE,
    sq401_exists_otherwise.RULE,
    sq402_insert_ignored.RULE,
    sq403_no_row_met.RULE,
    sq404_drop_of_nothing.RULE,
    sq601_unindexed_foreign_key.RULE,
    sq602_duplicate_index.RULE,
    sq603_redundant_index.RULE,
    sq604_no_primary_key.RULE,
    sq605_double_quoted_string.RULE,
    sq606_broken_view.RULE,
    sq607_foreign_key_to_nothing.RULE,
    sq608_foreign_key_without_key.RULE,
    sq609_surprising_type.RULE,
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
