"""Lines: where in a migration a statement stands, and a column in it."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from squasher import layout
from squasher.sql import fold, is_word, name_of, significant

if TYPE_CHECKING:
    from squasher.chain import Migration
    from squasher.statements import Ran

_HEAD: Final = 3  # ALTER TABLE name, CREATE TABLE name


class Place(NamedTuple):
    """A line of a migration."""

    path: str
    """As the user would write it."""
    line: int
    name: str = ""
    """The migration's own name, which may have directories in it."""

    @classmethod
    def of(cls, migration: Migration, line: int) -> Self:
        """A line of this migration."""
        return cls(migration.path, line, migration.name)

    @property
    def file(self) -> str:
        """The migration's name, or that of the file where it is not known."""
        return self.name or self.path.rpartition("/")[2]

    def __str__(self) -> str:
        """``0026_add_password_authentication.sql:9``."""
        return f"{self.file}:{self.line}"


def line_of(migration: Migration, ran: Ran, column: str | None = None, text: str = "") -> int:
    """The line of a statement; in it that of the column, or of the text, where it has one."""
    within = ran.sql.find(text) if column is None else _column(ran.sql, fold(column)) or 0
    offset = ran.start + len(ran.sql[: max(within, 0)].encode())
    return bisect_right(_starts(migration.text), offset)


def names(ran: Ran, column: str) -> bool:
    """Whether a CREATE TABLE or ALTER TABLE names the column."""
    return _column(ran.sql, fold(column)) is not None


@lru_cache(maxsize=2)
def _starts(text: str) -> list[int]:
    """Where the lines of a file start: it may have as many statements as lines."""
    return list(accumulate((len(line) + 1 for line in text.encode().split(b"\n")), initial=0))


def _column(sql: str, column: str) -> int | None:
    words = significant(sql)
    if len(words) <= _HEAD or not is_word(words[0], "create", "alter"):
        return None
    if is_word(words[0], "create") and any(token.text == "(" for token in words):
        for item in layout.parse_table(sql).items:
            if item.body and item.column is not None and fold(item.column) == column:
                return item.body[0].start
    return next((token.start for token in words[_HEAD:] if name_of(token) == column), None)
