"""The rules, in the order of their codes: one module and one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.rules import (
    sq201_statement_fails,
    sq202_transaction_control,
    sq203_attach,
    sq204_vacuum,
    sq205_temporary_object,
    sq206_refused_pragma,
    sq207_foreign_keys_off,
    sq208_missing_final_semicolon,
    sq209_begin_transaction_text,
    sq210_lower_case_begin,
    sq211_trigger_comment_semicolon,
    sq212_case_in_trigger,
    sq213_limit,
    sq214_near_a_limit,
    sq215_reserved_name,
    sq216_missing_function,
    sq217_crlf_in_trigger,
    sq218_missing_module,
    sq501_unshared_key,
    sq502_clock_dependent_rows,
    sq901_unused_ignore,
    sq902_ignore_without_reason,
)

if TYPE_CHECKING:
    from squasher.lint.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    sq201_statement_fails.RULE,
    sq202_transaction_control.RULE,
    sq203_attach.RULE,
    sq204_vacuum.RULE,
    sq205_temporary_object.RULE,
    sq206_refused_pragma.RULE,
    sq207_foreign_keys_off.RULE,
    sq208_missing_final_semicolon.RULE,
    sq209_begin_transaction_text.RULE,
    sq210_lower_case_begin.RULE,
    sq211_trigger_comment_semicolon.RULE,
    sq212_case_in_trigger.RULE,
    sq213_limit.RULE,
    sq214_near_a_limit.RULE,
    sq215_reserved_name.RULE,
    sq216_missing_function.RULE,
    sq217_crlf_in_trigger.RULE,
    sq218_missing_module.RULE,
    sq501_unshared_key.RULE,
    sq502_clock_dependent_rows.RULE,
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
