"""Names of migrations: ``NNNN_what_it_does``, what is wrong with another one, and numbers."""

from __future__ import annotations

import string
import unicodedata
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from squasher.chain import number_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIGITS: Final = frozenset(string.digits)
_LETTERS: Final = frozenset(string.ascii_lowercase)
_WIDTH: Final = 4
_MOST: Final = 4
_END: Final = ".sql"
_WILD: Final = frozenset("*?[{")


class Named(NamedTuple):
    """The part of a migration's path that says what it is."""

    before: str
    """The directories above it, with a slash at their end; '' for none."""
    stem: str
    """``0003_add_users``."""
    behind: str
    """What follows: ``.sql``, or ``/migration.sql``."""

    @property
    def path(self) -> str:
        """All of it."""
        return self.before + self.stem + self.behind

    @property
    def digits(self) -> str:
        """The digits that it begins with."""
        return self.stem[: len(self.stem) - len(self.stem.lstrip(string.digits))]

    @property
    def words(self) -> str:
        """What stands behind the number, without what parts them."""
        return self.stem[len(self.digits) :].lstrip("_- .")

    @property
    def key(self) -> tuple[int, ...]:
        """The numbers by which it is ordered, those of its directories first; () where it has none."""
        parts = [*self.before.split("/"), self.stem]
        return tuple(int(number) for number in map(number_of, parts) if number is not None)


def named(path: str, pattern: str) -> Named:
    """The part of a migration's path that says what it is.

    That is the file, or the directory where the pattern gives every file the same name, as
    ``*/migration.sql`` does.
    """
    parts = path.split("/")
    last = pattern.rpartition("/")[2]
    at = len(parts) - (2 if len(parts) > 1 and not _WILD.intersection(last) else 1)
    before = "".join(f"{part}/" for part in parts[:at])
    stem = parts[at].removesuffix(_END) if at == len(parts) - 1 else parts[at]
    return Named(before, stem, path[len(before) + len(stem) :])


def problems(stem: str) -> tuple[str, ...]:
    """What is wrong with a name that should be ``NNNN_what_it_does``, in words; () for a good one."""
    name = Named("", stem, "")
    letters = set(stem)
    odd = letters - _LETTERS - _DIGITS - set("-_ ") - set(string.ascii_uppercase)
    shape = stem.removeprefix(name.digits).replace("-", "_").replace(" ", "_")
    found = {
        "no number": not name.digits,
        "no words behind the number": bool(name.digits) and not name.words.strip("_-. 0123456789"),
        "capital letters": bool(letters.intersection(string.ascii_uppercase)),
        "hyphens": "-" in letters,
        "spaces": " " in letters,
        "other characters than a to z": bool(odd),
        "an underscore too many": "__" in shape or (bool(name.words) and shape.endswith("_")),
        "no underscore behind the number": bool(name.digits) and bool(name.words) and shape[:1] != "_",
    }
    return tuple(what for what, is_so in found.items() if is_so)


def proper(text: str) -> str:
    """Words as they belong into a name: ``Add-Billing tables`` gives ``add_billing_tables``; '' for none.

    Letters lose their accents; whatever else is none of a to z and no digit parts words.
    """
    plain = unicodedata.normalize("NFKD", _apart(text).casefold()).encode("ascii", "ignore").decode()
    return "_".join("".join(char if char.isalnum() else " " for char in plain).split())


def _apart(text: str) -> str:
    """``addBilling`` as ``add Billing``."""
    pairs = zip(" " + text, text, strict=False)
    return "".join(f" {char}" if char.isupper() and before.islower() else char for before, char in pairs)


def odd_widths(found: Sequence[Named]) -> dict[str, int]:
    """By the path of each whose number has other digits than those of the chain: how many they should be.

    A chain may change them once, for all that comes later, where that keeps the order of the letters:
    from numbers to times, say.
    """
    numbered = [one for one in found if one.digits]
    runs = [list(run) for _, run in groupby(numbered, key=lambda one: len(one.digits))]
    if len(runs) == 2 and min(map(len, runs)) > 1 and runs[0][-1].path < runs[1][0].path:  # noqa: PLR2004 - before and after
        return {}
    widths = Counter(len(one.digits) for one in numbered)
    usual = max(widths, key=lambda width: widths[width], default=_WIDTH)
    return {one.path: usual for one in numbered if len(one.digits) != usual}


def numbered(number: int, found: Sequence[Named]) -> str:
    """A number as a chain writes it: with as many digits as the latest of its numbers, or four."""
    latest = max((one for one in found if one.digits), key=lambda one: one.key, default=None)
    return str(number).zfill(_WIDTH if latest is None else len(latest.digits))


def next_number(keys: Sequence[tuple[int, ...]]) -> int:
    """One more than the largest; 1 for none."""
    return max((key[-1] for key in keys if key), default=0) + 1


def renumbered(new: Sequence[Named], there: Sequence[Named]) -> str:
    """What to do so that ``new`` migrations come behind those that are ``there``, in their own order."""
    first = next_number([one.key for one in there])
    names = [
        one._replace(stem=f"{numbered(first + place, there)}_{one.words}").path
        for place, one in enumerate(one for one in new if one.key)
    ]
    if len(names) == 1:
        return f"Rename it to {names[0]}."
    return f"Rename this branch's migrations, in their order, to {_listed(names[:_MOST])}" + (
        " and so on." if len(names) > _MOST else "."
    )


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
