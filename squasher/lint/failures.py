"""Failures of a rehearsal: statements that run on empty tables, and not on rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.lint.rebuilds import outside
from squasher.sql import fold, is_word, name_of, unquote
from squasher.statements import Stopped

if TYPE_CHECKING:
    from squasher.lint.observer import Observer
    from squasher.lint.study import Statement
    from squasher.model import ForeignKey

_PROBLEMS: Final = {
    "NOT NULL constraint failed": "not null",
    "UNIQUE constraint failed": "unique",
    "CHECK constraint failed": "check",
    "FOREIGN KEY constraint failed": "foreign key",
    "cannot store ": "type",
    "datatype mismatch": "type",
    "Cannot add a NOT NULL column": "no value",
    "Cannot add a column with non-constant default": "default",
    "Cannot add a REFERENCES column": "default",
}


class Failure(NamedTuple):
    """A statement that fails where tables hold rows, and does not where they are empty."""

    statement: Statement
    kind: str
    """``not null``, ``unique``, ``check``, ``foreign key``, ``type``; ``no value`` or ``default`` for a
    column that ALTER TABLE adds to no table with rows."""
    message: str
    """SQLite's own."""
    referring: tuple[tuple[str, ForeignKey], ...] = ()
    """Of a DROP TABLE: the tables with rows that refer to it, and by which key."""

    @property
    def what(self) -> str:
        """The statement in a few words."""
        head = self.statement.head
        match head.verb:
            case "create":
                unique = "UNIQUE " if head.unique else ""
                return f"CREATE {unique}{head.kind.upper()} {head.called}"
            case "alter":
                added = self.column and f" ADD COLUMN {self.column}"
                return f"ALTER TABLE {head.called}{added}"
            case "insert":
                return f"the copy into {head.called}"
            case _:
                return f"{head.verb.upper()} {head.kind.upper()} {head.called}"

    @property
    def column(self) -> str:
        """The columns that SQLite names, or that ALTER TABLE adds; '' where there are none."""
        head = self.statement.head
        if head.verb == "alter":
            words = [
                token for token in self.statement.tokens[head.rest :] if not is_word(token, "add", "column")
            ]
            return unquote(words[0].text) if words else ""
        said = self.message.partition(" failed: ")[2]
        if self.kind not in {"not null", "unique", "no value"} or said.startswith("index "):
            return ""
        return ", ".join(one.rpartition(".")[2] for one in said.split(", "))


def failure_of(observer: Observer, cause: BaseException | None) -> Failure | None:
    """What failed because there were rows; None where it may be the fault of the probe rows.

    ``cause`` is what stopped the file, which is no Stopped where that was its COMMIT.
    """
    if not isinstance(cause, Stopped):
        return _at_commit(observer)
    place = next(
        (
            n
            for n, one in enumerate(observer.statements)
            if one.ran is not None and one.ran.start == cause.start
        ),
        None,
    )
    problem = cause.error.message
    kind = next((kind for part, kind in _PROBLEMS.items() if problem.startswith(part)), "")
    if place is None or not kind:
        return None
    statement = observer.statements[place]
    if kind == "not null" and _leaves_out(statement, problem.rpartition(".")[2]):
        kind = "no value"
    if statement.notes or _fills_a_new_table(observer.statements[:place], statement):
        return Failure(statement, kind, problem, observer.referring.get(statement, ()))
    return None


def without(failure: Failure) -> str | None:
    """What to run in place of a statement that fails for some rows, so that the file goes on behind it.

    A copy without those rows; '' for nothing; None where the file cannot go on.
    """
    statement = failure.statement
    if failure.kind not in {"not null", "unique", "check"}:
        return None
    if statement.head.verb != "insert":
        return "" if statement.head.kind == "index" else None
    token = next((token for token in statement.tokens if is_word(token, "insert")), None)
    if statement.head.conflict or token is None:
        return None
    return f"{statement.text[: token.end]} OR IGNORE{statement.text[token.end :]}"


def _leaves_out(statement: Statement, column: str) -> bool:
    """Whether an INSERT lists columns, and not this one."""
    words = statement.tokens[statement.head.rest :]
    if statement.head.verb != "insert" or not words or words[0].text != "(":
        return False
    end = next((place for place, token in enumerate(words) if token.text == ")"), len(words))
    return fold(column) not in {name_of(token) for token in words[:end]}


def _at_commit(observer: Observer) -> Failure | None:
    """Which statement left rows that refer to nothing."""
    problem = "FOREIGN KEY constraint failed"
    for child in observer.orphans:
        for place, statement in enumerate(observer.statements):
            wrote = observer.now_called(fold(statement.head.called))
            if wrote == child and _fills_a_new_table(observer.statements[:place], statement):
                return Failure(statement, "foreign key", problem)
    # rows that come back under the same name do not count: SQLite still misses those of the dropped table
    for statement, keys in reversed(observer.referring.items()):
        return Failure(statement, "foreign key", problem, keys)
    return None


def _fills_a_new_table(before: list[Statement], statement: Statement) -> bool:
    """Whether it is an INSERT … SELECT into a table that its own file made."""
    if statement.head.verb != "insert" or "select" not in outside(statement):
        return False
    name = "table", fold(statement.head.called)
    return any(
        note.old is None and note.new is not None and note.new.key == name
        for one in before
        for note in one.notes
    )
