"""A statement that passes here, and may not in production.

## Problem
wrangler's local D1 is more generous than the limits that Cloudflare documents: a function takes 127
arguments and not 32, a value or a row 4 MB and more and not 2,000,000 bytes. And a statement that has more
than nine tenths of the 100,000 bytes that are allowed breaks when the next row is added.

## Why it bites
What passes on every laptop and in CI fails in production, or after the next small edit.

## Example
```sql
SELECT max(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
  27, 28, 29, 30, 31, 32, 33);
```

## Way out
```sql
SELECT max(max(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17), 18, 19, 20, 21, 22, 23, 24, 25,
  26, 27, 28, 29, 30, 31, 32, 33);
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from squasher.lint.reading import read
from squasher.lint.refused import violation
from squasher.lint.rule import ONLY_D1, Rule, Violation
from squasher.sql import KEYWORDS, NAME, WORD, fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from squasher.lint.study import Refusal, Statement, Study
    from squasher.sql import Token

_ARGUMENTS: Final = 32
_BYTES: Final = 2_000_000
_FULL: Final = 0.9
_ZEROS: Final = "zeroblob"
"""The only values that are longer than the memory they take."""
_NO_CALL: Final = frozenset({"table", "into", "exists", "references", "on", "."})
"""Words before a name that has a list of columns behind it."""


def check(study: Study) -> Iterator[Violation]:
    """What an engine with the documented limits refuses, and long statements."""
    for statement in study.statements:
        yield from _long(study, statement)
    if not _may_break(study):
        return
    limits = study.profile.limits._replace(length=_BYTES, function_arg=_ARGUMENTS)
    target = study.target._replace(profile=study.profile._replace(limits=limits))
    fine = {(one.migration.name, one.start) for one in study.statements if one.ran is not None}
    with read(target, study.chain) as strict:
        for statement in strict.statements:
            refusal = statement.refusal
            if refusal is None or refusal.topic != "limits":
                continue
            if (statement.migration.name, statement.start) in fine:
                yield violation(statement, refusal._replace(message=_words(refusal)), "Split it.")


def _long(study: Study, statement: Statement) -> Iterator[Violation]:
    limit = study.profile.limits.sql_length
    size = len(statement.text.encode())
    if limit is not None and statement.ran is not None and size > limit * _FULL:
        message = f"the statement has {size:,} of the {limit:,} bytes that D1 takes"
        yield Violation(statement.at(statement.tokens[0]), message, "Split it into several statements.")


def _may_break(study: Study) -> bool:
    """Whether any statement may be refused: it costs a second replay to know."""
    if study.largest >= _BYTES or any(_ZEROS in statement.text.lower() for statement in study.statements):
        return True
    return any(
        statement.ran is not None and statement.text.count(",") >= _ARGUMENTS and _calls(statement.tokens)
        for statement in study.statements
    )


def _calls(tokens: Sequence[Token]) -> bool:
    """Whether anything that may be a call has that many arguments: this only saves a replay."""
    commas: list[int | None] = []
    for place, token in enumerate(tokens):
        if token.text == "(":
            named = place > 1 and tokens[place - 1].kind in {WORD, NAME}
            listed = fold(tokens[place - 1].text) in KEYWORDS or fold(tokens[place - 2].text) in _NO_CALL
            commas.append(0 if named and not listed else None)
        elif token.text == ")" and commas:
            commas.pop()
        elif token.text == "," and commas and commas[-1] is not None:
            commas[-1] += 1
            if commas[-1] >= _ARGUMENTS:
                return True
    return False


def _words(refusal: Refusal) -> str:
    if refusal.said is not None and "too big" in refusal.said:
        return f"a value or a row is longer than the {_BYTES:,} bytes that D1 documents"
    return f"a function has more than the {_ARGUMENTS} arguments that D1 documents"


RULE: Final = Rule("SQ214", "near-a-limit", "warning", check, ONLY_D1)
