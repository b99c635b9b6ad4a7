"""squasher's own settings: ``[tool.squasher]`` in pyproject.toml, or squasher.toml with the same keys.

The nearest file counts, in the current directory or above it; its paths are relative to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from squasher.errors import InputError
from squasher.files import read_regular
from squasher.target import Group, Severities, rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

OWN: Final = "squasher.toml"
PYPROJECT: Final = "pyproject.toml"
SECTION: Final = "tool.squasher"


class Settings(NamedTuple):
    """One table of squasher's configuration; None where it says nothing."""

    migrations: Path | None = None
    fresh: Path | None = None
    profile: str | None = None
    max_steps: int | None = None
    pattern: str | None = None
    ledger: str | None = None
    groups: tuple[Group, ...] | None = None
    ignore: tuple[str, ...] | None = None
    lint: Severities | None = None

    def over(self, other: Settings) -> Settings:
        """These settings, and those of ``other`` where these say nothing."""
        return self._replace(
            **{key: value for key, value in other._asdict().items() if getattr(self, key) is None}
        )


def nearest() -> tuple[Path | None, Mapping[str, Any] | None]:
    """The nearest file that has settings, and its table; None where there is none. Raises InputError."""
    for folder in folders():
        for name in (OWN, PYPROJECT):
            path = folder / name
            if path.is_file():
                document = table_of(path)
                if document is not None:
                    return path, document
    return None, None


def folders() -> Iterator[Path]:
    """The current directory and those above it, as a person in it would write them."""
    folder = Path()
    here = Path.cwd()
    for _ in range(len(here.parts)):
        yield folder
        folder = folder / ".."


def table_of(path: Path) -> Mapping[str, Any] | None:
    """The table of squasher's settings in a file; None for a pyproject.toml that has none."""
    data = read_regular(path)
    whole = path.name != PYPROJECT
    if not whole and not any(_may_be_ours(line) for line in data.splitlines()):
        return None  # most projects: no parser is needed to see it
    import tomllib

    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"{path.as_posix()}: not UTF-8 text", hint="Save the file as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        hint = 'Write it as TOML: key = "text", or key = ["one", "other"].'
        raise InputError(f"{path.as_posix()}: {error}", hint=hint) from error
    if whole:
        return document
    tools = document.get("tool", {})
    found = tools.get("squasher") if isinstance(tools, dict) else None
    if found is not None and not isinstance(found, dict):
        raise InputError(f"{path.as_posix()}: {SECTION} is not a table")
    return found


def _may_be_ours(line: bytes) -> bool:
    bare = line.replace(b" ", b"").replace(b"\t", b"")
    return (b"squasher" in bare and b"tool" in bare) or bare.startswith(b"[tool]")


def read(path: Path, document: Mapping[str, Any]) -> tuple[Settings, tuple[tuple[str, Settings], ...]]:
    """The settings for all databases, and those of each. Raises InputError for what is no setting."""
    rest = dict(document)
    sections = rest.pop("databases", {})
    prefix = f"{SECTION}." if path.name == PYPROJECT else ""
    common = _settings(path, prefix, rest, (*_READERS, "databases"))
    each = _table(path, f"{prefix}databases", sections).items()
    return common, tuple(
        (name, _settings(path, f"{prefix}databases.{name}.", _table(path, f"{prefix}databases.{name}", one)))
        for name, one in each
    )


def _settings(path: Path, prefix: str, document: Mapping[str, Any], known: Iterable[str] = ()) -> Settings:
    known = tuple(known) or tuple(_READERS)
    found: dict[str, Any] = {}
    for key, value in document.items():
        if key not in _READERS:
            raise InputError(
                f"{path.as_posix()}: there is no setting {prefix}{key}", hint=suggestion(key, known)
            )
        found[key.replace("-", "_")] = _READERS[key](path, f"{prefix}{key}", value)
    return Settings(**found)


def suggestion(name: str, known: Iterable[str]) -> str:
    """What somebody may have meant, or what there is to choose from."""
    import difflib

    names = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower(), names, n=1)
    return f"Is it {names[close[0]]}?" if close else f"Choose one of {', '.join(names.values())}."


def _table(path: Path, key: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{path.as_posix()}: {key} is not a table")
    return value


def _text(path: Path, key: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(f"{path.as_posix()}: {key} is not a string that says something")
    return value


def _place(path: Path, key: str, value: object) -> Path:
    return path.parent / _text(path, key, value)


def _profile(path: Path, key: str, value: object) -> str:
    name = _text(path, key, value)
    try:
        rules(name)
    except InputError as error:
        raise InputError(f"{path.as_posix()}: {key}: {error.message}", hint=error.hint) from error
    return name


def _number(path: Path, key: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InputError(f"{path.as_posix()}: {key} is not a number from 1")
    return value


def _texts(path: Path, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InputError(f"{path.as_posix()}: {key} is not a list", hint='Write it like ["one", "other"].')
    return tuple(_text(path, f"{key}[{number}]", one) for number, one in enumerate(value))


def _groups(path: Path, key: str, value: object) -> tuple[Group, ...]:
    tables = _table(path, key, value)
    return tuple(Group(title, _texts(path, f"{key}.{title}", names)) for title, names in tables.items())


def _severities(path: Path, key: str, value: object) -> Severities:
    found: list[tuple[str, Literal["error", "warning", "off"]]] = []
    for code, severity in _table(path, key, value).items():
        if severity not in {"error", "warning", "off"}:
            raise InputError(
                f"{path.as_posix()}: {key}.{code} is none of error, warning, off",
                hint='Write it like SQ601 = "warning".',
            )
        found.append((code, severity))
    return Severities(path, key, tuple(found))


_READERS: Final[Mapping[str, Callable[[Path, str, object], Any]]] = {
    "migrations": _place,
    "fresh": _place,
    "profile": _profile,
    "max-steps": _number,
    "pattern": _text,
    "ledger": _text,
    "groups": _groups,
    "ignore": _texts,
    "lint": _severities,
}
