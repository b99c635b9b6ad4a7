"""The rules, in the order of their codes: one module and one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rules import (
    sq201_statement_fails,
    sq202_transaction_control,
    sq301_cascade_on_drop,
    sq302_drop_refused,
    sq303_rebuild_forgets,
    sq304_rebuild_shuffles_columns,
    sq305_rebuild_loses_rows,
    sq306_drop_table,
    sq307_drop_column,
    sq308_not_null_without_value,
    sq309_unique_on_existing_rows,
    sq310_check_on_existing_rows,
    sq311_type_narrowed,
    sq312_replaced_reference_rows,
    sq313_default_on_existing_rows,
    sq314_rebuild_loosens,
    sq901_unused_ignore,
    sq902_ignore_without_reason,
)

if TYPE_CHECKING:
    from squasher.lint.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    sq201_statement_fails.RULE,
    sq202_transaction_control.RULE,
    sq301_cascade_on_drop.RULE,
    sq302_drop_refused.RULE,
    sq303_rebuild_forgets.RULE,
    sq304_rebuild_shuffles_columns.RULE,
    sq305_rebuild_loses_rows.RULE,
    sq306_drop_table.RULE,
    sq307_drop_column.RULE,
    sq308_not_null_without_value.RULE,
    sq309_unique_on_existing_rows.RULE,
    sq310_check_on_existing_rows.RULE,
    sq311_type_narrowed.RULE,
    sq312_replaced_reference_rows.RULE,
    sq313_default_on_existing_rows.RULE,
    sq314_rebuild_loosens.RULE,
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
