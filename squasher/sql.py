"""SQL text: a token-exact SQLite lexer with spans, name folding and quoting, literals.

Nothing here executes SQL and nothing here decides what SQL means: SQLite does. The one pattern in
this module is the token grammar of SQLite's ``tokenize.c``, an alternative per token class; no other
module applies a pattern to SQL.
"""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SPACE: Final = "space"
COMMENT: Final = "comment"
WORD: Final = "word"  # a bare identifier or keyword
NAME: Final = "name"  # "x", `x` or [x]
STRING: Final = "string"
BLOB: Final = "blob"
NUMBER: Final = "number"
VARIABLE: Final = "variable"
OPERATOR: Final = "operator"
ILLEGAL: Final = "illegal"

TRIVIA: Final = frozenset({SPACE, COMMENT})

# https://sqlite.org/src/file/src/tokenize.c: sqlite3GetToken(). Digit separators since 3.46. U+FEFF is
# white space anywhere; every other character above ASCII, U+00A0 included, may stand in a name. Name
# characters are written as what they are not: a range up to U+10FFFF takes 30 ms to compile.
_NAME_START: Final = r"[^\x00-@\[-\^`{-\x7f]"
_NAME_PART: Final = r"[^\x00-\#%-/:-@\[-\^`{-\x7f]"
_NUMBER: Final = (
    r"(?>0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*"
    r"|(?:[0-9]+(?:_[0-9]+)*(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)"
    r"(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?)"
)
_TOKEN: Final = re.compile(
    rf"""
      (?P<space>(?:[ \t\n\f\r][ \t\n\v\f\r]*|\ufeff)+)
    | (?P<comment>--[^\n]*|/\*(?=.)(?:.*?\*/|.*\Z))
    | (?P<string>'(?:[^']++|'')*+')
    | (?P<name>"(?:[^"]++|"")*+"|`(?:[^`]++|``)*+`|\[[^\]]*\])
    | (?P<blob>[xX]'(?:[0-9a-fA-F]{{2}})*+')
    | (?P<number>{_NUMBER}(?!{_NAME_PART}))
    | (?P<variable>\?[0-9]*|[:@$\#](?:::)*+{_NAME_PART}(?:{_NAME_PART}|::)*+(?:\([^\s)]*\)|(?!\()))
    | (?P<illegal>{_NUMBER}{_NAME_PART}++|[xX]'[^']*'?
        | [:@$\#](?:::)*+(?:{_NAME_PART}(?:{_NAME_PART}|::)*+\([^\s)]*)?)
    | (?P<word>{_NAME_START}{_NAME_PART}*)
    | (?P<operator>->>?|\|\||<[=><]?|>[=>]?|==?|!=|[-+*/%&|~(),;.])
    | (?P<wrong>['"`\[].*|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """One token: its class, its exact text, and the character offset at which it begins."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset just behind the token."""
        return self.start + len(self.text)


_WRONG: Final = "wrong"
_KINDS: Final = {name: ILLEGAL if name == _WRONG else name for name in _TOKEN.groupindex}
_new = tuple.__new__  # a third of the time of Token(…), and lexing is most of what Python does here


def iterate(sql: str) -> Iterator[Token]:
    """The tokens of ``sql`` one by one, white space and comments included."""
    for match in _TOKEN.finditer(sql):
        yield _new(Token, (_KINDS[match.lastgroup or _WRONG], match.group(), match.start()))


def words(sql: str) -> Iterator[Token]:
    """As ``significant``, one by one: for who looks at the first of many."""
    return (token for token in iterate(sql) if token.kind not in TRIVIA)


def tokens(sql: str) -> list[Token]:
    """Every token of ``sql``, white space and comments included; joined, they are ``sql`` again."""
    return [_new(Token, (_KINDS[m.lastgroup or _WRONG], m.group(), m.start())) for m in _TOKEN.finditer(sql)]


def latest(sql: str, count: int) -> list[Token]:
    """The last tokens of ``sql``, as ``tokens`` gives them."""
    return [
        _new(Token, (_KINDS[m.lastgroup or _WRONG], m.group(), m.start()))
        for m in deque(_TOKEN.finditer(sql), count)
    ]


def significant(sql: str) -> list[Token]:
    """The tokens of ``sql`` without white space and comments: what SQLite's parser sees."""
    return [
        _new(Token, (_KINDS[m.lastgroup or _WRONG], m.group(), m.start()))
        for m in _TOKEN.finditer(sql)
        if m.lastgroup not in TRIVIA
    ]


WHITE: Final = " \t\n\v\f\r\ufeff"
"""The characters of white space."""
_MARK: Final = re.compile(
    r"""'(?:[^']++|'')*+'|"(?:[^"]++|"")*+"|`(?:[^`]++|``)*+`|\[[^\]]*\]|--|/\*|[(),]""", re.DOTALL
)


def cells(sql: str) -> list[int] | None:
    """Where the parentheses of a stored CREATE TABLE open, where commas cut what is in them, and their end.

    None where comments stand before that.
    """
    found: list[int] = []
    depth = 0
    for match in _MARK.finditer(sql):
        mark = match.group()
        if mark == "(":
            depth += 1
            if depth == 1:
                found.append(match.start())
        elif mark == ",":
            if depth == 1:
                found.append(match.start())
        elif mark == ")":
            depth -= 1
            if depth == 0:
                found.append(match.start())
                return found
        elif mark in {"--", "/*"}:
            return None
    return None


_FOLD: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold(name: str) -> str:
    """``name`` as SQLite compares names: A to Z in lower case and nothing else."""
    return name.lower() if name.isascii() else name.translate(_FOLD)


def unquote(text: str) -> str:
    """The name that a token stands for: its quotes off and doubled quotes made single."""
    first = text[:1]
    if first == "[":
        return text[1:-1]
    if first in {'"', "'", "`"}:
        return text[1:-1].replace(first * 2, first)
    return text


def name_of(token: Token) -> str:
    """The folded name of a name-like token, or '' when it cannot be one."""
    return fold(unquote(token.text)) if token.kind in {WORD, NAME, STRING} else ""


def outermost(words: Iterable[Token]) -> Iterator[tuple[int, Token]]:
    """The tokens that stand in no parentheses, with their places; the parentheses themselves are told too."""
    depth = 0
    for place, token in enumerate(words):
        depth -= token.text == ")"
        if depth == 0:
            yield place, token
        depth += token.text == "("


def is_word(token: Token, *words: str) -> bool:
    """Whether ``token`` is one of the bare ``words`` (given in lower case)."""
    return token.kind == WORD and fold(token.text) in words


ROWID_NAMES: Final = ("rowid", "_rowid_", "oid")
"""The names of an implicit rowid that no column has taken (https://sqlite.org/rowidtable.html)."""


def free_rowid(taken: Iterable[str]) -> str | None:
    """The name that reaches the implicit rowid of a table whose columns take these names, if one does."""
    folded = set(map(fold, taken))
    return next((name for name in ROWID_NAMES if name not in folded), None)


@lru_cache(maxsize=1 << 13)  # tables share the names of many of their columns
def quote(name: str) -> str:
    """``name`` as an identifier, in double quotes only when it needs them."""
    plain = name.isascii() and name.replace("_", "a").isalnum() and not name[:1].isdigit()
    if plain and fold(name) not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def canonical(sql: str) -> tuple[str, ...]:
    """The token stream of a stored statement, equal for texts that the parser cannot tell apart.

    White space and comments are dropped, bare words, numbers and blobs folded to lower case, and
    ``[x]`` and `` `x` `` written ``"x"``. Double quotes stay: ``"x"`` may be a string (DQS). The
    name of the created table is unquoted, because RENAME quotes it. The arguments of a virtual
    table are kept as raw text, since that is how its module receives them.
    """
    out: list[str] = []
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup
        if kind == WORD:
            out.append(fold(match.group()))
        elif kind == NAME:
            out.append('"' + unquote(match.group()).replace('"', '""') + '"')
        elif kind in _FOLDED:
            out.append(match.group().lower())
        elif kind not in TRIVIA:
            out.append(match.group())
    while out and out[-1] == ";":
        out.pop()
    virtual = out[:2] == ["create", "virtual"]
    at = _NAME_AT + virtual
    if (virtual or out[:2] == ["create", "table"]) and len(out) > at:
        out[at] = '"' + unquote(next(islice(words(sql), at, None)).text) + '"'
    return _virtual(sql, out) if virtual else tuple(out)


def same_tokens(one: str, other: str) -> bool:
    """Whether two statements have the same token stream (``canonical``)."""
    # texts with the same runs between white space and comments have; that is quick to see
    return one == other or _runs(one) == _runs(other) or canonical(one) == canonical(other)


def _runs(sql: str) -> list[str]:
    """What stands between white space and comments, where parentheses and commas stand alone."""
    if sql.startswith(_VIRTUAL):
        return _RAW.findall(sql)
    return list(filter(None, _RUN.findall(sql)))


_VIRTUAL: Final = "CREATE VIRTUAL TABLE"
_QUOTED: Final = r"""'(?:[^']++|'')*+'|"(?:[^"]++|"")*+"|-(?!-)|/(?!\*)"""
_COMMENT: Final = r"--[^\n]*|/\*.*?\*/"
_RAW: Final = re.compile(rf"""(?:[^ \t\n\f\r'"`\[/-]++|{_QUOTED})++|[`\[].*|{_COMMENT}""", re.DOTALL)
# a variable may have parentheses in its name
_RUN: Final = re.compile(
    rf"""((?:[^ \t\n\f\r'"`\[/(),:@$\#-]++|{_QUOTED})++|[(),]|[`\[:@$\#].*)|{_COMMENT}""", re.DOTALL
)
_FOLDED: Final = frozenset({NUMBER, BLOB})
_NAME_AT: Final = 2


def _virtual(sql: str, out: list[str]) -> tuple[str, ...]:
    """The tokens before a module's arguments, and these as raw text."""
    opening = next((token.start for token in significant(sql) if token.text == "("), len(sql))
    head = out[: out.index("(")] if "(" in out else out
    return (*head, sql[opening:].rstrip().rstrip(";").rstrip())


def printable(text: str) -> str:
    """One line of a stranger's text, safe on a terminal, in a comment and in the log of a CI job.

    GitHub runs what a log says in a line that begins with ``::``, and in ``##[`` anywhere.
    """
    if not text.isprintable():
        text = "".join(
            char if char.isprintable() else " " if char in "\t\r\n" else "\N{REPLACEMENT CHARACTER}"
            for char in text
        )
    if "##[" in text:
        text = text.replace("##[", "## [")
    bare = text.lstrip()
    return text if bare[:2] != "::" else text[: len(text) - len(bare)] + ": " + bare[1:]


def visible(text: str) -> str:
    """Several lines as ``printable_lines`` makes them, but characters that do not print are spelled out."""
    text = text.replace("\r\n", "\n")
    if not text.replace("\n", "").isprintable():
        text = "".join(
            char if char.isprintable() or char in "\t\n" else f"\\u{{{ord(char):x}}}" for char in text
        )
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))


def printable_lines(text: str) -> str:
    """Several lines, each as ``printable`` makes it."""
    return "\n".join(map(printable, text.split("\n")))


_EXACT_DIGITS: Final = 15
_EXACT_POWER: Final = 22
_STEP: Final = 2.0**52


def literal(value: object) -> str:
    """``value`` as an SQL expression that stores exactly this value again, and is written one way only.

    Takes what a connection returns: None, int, float, str (bytes that are not UTF-8 as surrogate
    escapes), bytes. Equal texts mean equal values of one storage class, so cells are compared as
    literals. Sources: facts of SQLite's own parser,
    https://sqlite.org/lang_expr.html#literal_values_constants_
    """
    match value:
        case None:
            return "NULL"
        case int():
            return str(value)
        case float():
            return _real(value)
        case str():
            return _text(value)
        case bytes():
            return f"x'{value.hex()}'"
        case _:
            message = f"no SQL literal for {type(value).__name__}"
            raise TypeError(message)


def _real(value: float) -> str:
    if value in (float("inf"), float("-inf")):
        return "9e999" if value > 0 else "-9e999"
    text = repr(value)
    mantissa, _, exponent = text.partition("e")
    digits = len(mantissa.replace("-", "").replace(".", "").strip("0"))
    size = abs(int(exponent)) if exponent else len(mantissa.lstrip("-").partition(".")[0])
    if digits <= _EXACT_DIGITS and size + digits <= _EXACT_POWER:
        return text if "." in text or "e" in text else text + ".0"
    return _binary_real(value)


def _binary_real(value: float) -> str:
    """A real as a product of exactly readable numbers: SQLite before 3.52 rounds some decimals."""
    numerator, denominator = value.as_integer_ratio()
    operator, scale = ("*", 1) if denominator == 1 else ("/", denominator)
    while operator == "*" and abs(numerator) >= _STEP * 2:
        numerator, scale = numerator // 2, scale * 2
    out, power = f"{numerator}.0", scale.bit_length() - 1
    while power > 0:
        step = min(power, 52)
        out, power = f"{out}{operator}{2**step}.0", power - step
    return f"({out})" if scale > 1 else out


# Characters that turn the direction of text around, or end a line in some editors: a reviewer would not
# see the file that SQLite sees.
_MISLEADING: Final = frozenset(
    "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_MOST_PIECES: Final = 60  # D1 allows expressions of depth 100


def _text(value: str) -> str:
    """A text literal; characters that splitters, editors or terminals change are written as numbers.

    wrangler deletes the words BEGIN TRANSACTION wherever they stand and normalises CR LF, so neither
    may appear in a literal (facts of wrangler 4.86 to 4.164).
    """
    if value.isprintable() and "BEGIN TRANSACTION" not in value:
        return "'" + value.replace("'", "''") + "'"
    raw = value.encode("utf-8", "surrogateescape")
    pieces = _pieces(value)
    if "\0" in value or len(pieces) > _MOST_PIECES or raw != value.encode("utf-8", "replace"):
        return f"CAST(x'{raw.hex()}' AS TEXT)"
    return " || ".join(pieces)


def _pieces(value: str) -> list[str]:
    pieces: list[str] = []
    plain = ""
    for char in value.replace("BEGIN TRANSACTION", "BEGIN\0 TRANSACTION"):
        if char in "\n\t" or " " <= char <= "~" or (char >= "\xa0" and char not in _MISLEADING):
            plain += char
            continue
        if plain:
            pieces.append("'" + plain.replace("'", "''") + "'")
        plain = ""
        if char != "\0":
            pieces.append(f"char({ord(char)})")
    if plain:
        pieces.append("'" + plain.replace("'", "''") + "'")
    return pieces


# https://sqlite.org/lang_keywords.html, as sqlite3_keyword_name() of 3.54.1 lists them
KEYWORDS: Final = frozenset(
    [
        "abort",
        "action",
        "add",
        "after",
        "all",
        "alter",
        "always",
        "analyze",
        "and",
        "as",
        "asc",
        "attach",
        "autoincrement",
        "before",
        "begin",
        "between",
        "by",
        "cascade",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "commit",
        "conflict",
        "constraint",
        "create",
        "cross",
        "current",
        "current_date",
        "current_time",
        "current_timestamp",
        "database",
        "default",
        "deferrable",
        "deferred",
        "delete",
        "desc",
        "detach",
        "distinct",
        "do",
        "drop",
        "each",
        "else",
        "end",
        "escape",
        "except",
        "exclude",
        "exclusive",
        "exists",
        "explain",
        "fail",
        "filter",
        "first",
        "following",
        "for",
        "foreign",
        "from",
        "full",
        "generated",
        "glob",
        "group",
        "groups",
        "having",
        "if",
        "ignore",
        "immediate",
        "in",
        "index",
        "indexed",
        "initially",
        "inner",
        "insert",
        "instead",
        "intersect",
        "into",
        "is",
        "isnull",
        "join",
        "key",
        "last",
        "left",
        "like",
        "limit",
        "match",
        "materialized",
        "natural",
        "no",
        "not",
        "nothing",
        "notnull",
        "null",
        "nulls",
        "of",
        "offset",
        "on",
        "or",
        "order",
        "others",
        "outer",
        "over",
        "partition",
        "plan",
        "pragma",
        "preceding",
        "primary",
        "query",
        "raise",
        "range",
        "recursive",
        "references",
        "regexp",
        "reindex",
        "release",
        "rename",
        "replace",
        "restrict",
        "returning",
        "right",
        "rollback",
        "row",
        "rows",
        "savepoint",
        "select",
        "set",
        "table",
        "temp",
        "temporary",
        "then",
        "ties",
        "to",
        "transaction",
        "trigger",
        "unbounded",
        "union",
        "unique",
        "update",
        "using",
        "vacuum",
        "values",
        "view",
        "virtual",
        "when",
        "where",
        "window",
        "with",
        "without",
    ]
)
