"""Reading a repository with git's plumbing: no checkout, no index, nothing written, no hook or filter run."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from squasher.errors import InputError
from squasher.files import LARGEST_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUIET: Final = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "GIT_NO_LAZY_FETCH": "1",
}
_SETTINGS: Final = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.pager=cat")
_TREE: Final = "tree"
_BLOB: Final = "blob"
_LINK: Final = "120000"
_REGULAR: Final = frozenset({"100644", "100755", "100664"})
_SHALLOW: Final = (
    "This is a shallow clone, which lacks older commits: run `git fetch --unshallow`, or give"
    " actions/checkout `fetch-depth: 0`."
)
_PARTIAL: Final = "This is a partial clone: fetch what it left out with `git fetch --refetch --no-filter`."


class Entry(NamedTuple):
    """What a tree holds under a name."""

    name: str
    """The path below the place that was listed."""
    mode: str
    kind: str
    """``blob``, ``tree`` or ``commit`` (a submodule)."""
    oid: str

    @property
    def regular(self) -> bool:
        """Whether it is a regular file, and no link, directory or submodule."""
        return self.mode in _REGULAR


class Place(NamedTuple):
    """What a path names in a revision."""

    shown: str
    """For messages: ``git:main:migrations``."""
    kind: str
    oid: str


def commit(revision: str) -> str:
    """The full name of the commit that ``revision`` names. Raises InputError."""
    done = _git("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
    if done.returncode == 0:
        return done.stdout.decode().strip()
    _require_repository()
    raise InputError(f"git:{revision}: git knows no such commit", hint=_other_revision(revision))


def _other_revision(revision: str) -> str:
    if ".." in revision:
        return "Name one commit, not a range."
    if _ok("rev-parse", "--verify", "--quiet", "--end-of-options", f"refs/remotes/origin/{revision}"):
        return f"There is a branch of that name on the remote: write git:origin/{revision}."
    if is_shallow():
        return _SHALLOW
    return "Name a branch, a tag or a commit that `git log` shows; `git fetch` gets what others pushed."


def locate(revision: str, path: str, shown: str) -> Place:
    """What ``path`` is in ``revision``; raises InputError, MissingError when there is nothing.

    A path is what it is for git: from the root of the repository, or with ``./`` or ``../`` from the
    current directory. An absolute one must be below the work tree.
    """
    oid = commit(revision)
    where = below_the_root(path, shown)
    if where in {"", "."}:
        return Place(shown, _TREE, _one("rev-parse", "--verify", "--end-of-options", oid + "^{tree}"))
    done = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{oid}:{where}")
    if done.returncode != 0:
        raise _missing(oid, revision, where, shown)
    found = done.stdout.decode().strip()
    kind = _git("cat-file", "-t", found)
    if kind.returncode != 0:
        raise _lost(shown, kind)
    return Place(shown, kind.stdout.decode().strip(), found)


class MissingError(InputError):
    """A path that a revision does not have."""


def below_the_root(path: str, shown: str) -> str:
    """A path from the root of the repository, as git writes it; '' for the root itself. Raises InputError."""
    if Path(path).is_absolute():
        root = os.path.realpath(_one("rev-parse", "--show-toplevel"))
        inside = os.path.relpath(os.path.realpath(path), root)
    elif path.startswith(("./", "../")) or path in {".", ".."}:
        inside = os.path.normpath(_one("rev-parse", "--show-prefix") + path)
    else:
        inside = os.path.normpath(path)
    if inside == ".." or inside.startswith("../"):
        raise InputError(
            f"{shown} is outside of the repository",
            hint="Name a path in it: from its root, or with ./ or ../ from here.",
        )
    return "" if inside == "." else inside.replace(os.sep, "/")


def _missing(oid: str, revision: str, where: str, shown: str) -> InputError:
    """Say what is there instead: what is spelled alike, or what git would find from here."""
    folder, _, name = where.rpartition("/")
    done = _git("ls-tree", "-z", "--full-tree", f"{oid}:{folder}")
    if done.returncode != 0 and _lacks_a_tree(oid, folder):
        return _lost(shown, done)
    prefix = _one("rev-parse", "--show-prefix")
    if prefix and _ok("cat-file", "-e", f"{oid}:{prefix}{where}"):
        hint = f"Paths are read from the root of the repository: write git:{revision}:./{where}."
    elif close := get_close_matches(name, [entry.name for entry in _entries(done.stdout)], 1):
        near = f"{folder}/{close[0]}" if folder else close[0]
        hint = f"There is {near} in it: write git:{revision}:{near}."
    elif done.returncode != 0:
        hint = f"There is no directory {folder} in it either."
    else:
        hint = f"Look at what is there with `git ls-tree {revision}`."
    return MissingError(f"{shown}: {revision} has no {where}", hint=hint)


def _lacks_a_tree(oid: str, folder: str) -> bool:
    """Whether a directory on the way is named by its parent, and yet not there to be read."""
    root = _one("cat-file", "commit", oid).partition("\n")[0].removeprefix("tree ")
    if not _ok("cat-file", "-e", root):
        return True
    parts = folder.split("/") if folder else []
    for length in range(1, len(parts) + 1):
        found = _git("rev-parse", "--verify", "--quiet", f"{oid}:{'/'.join(parts[:length])}")
        if found.returncode != 0:
            return False
        if not _ok("cat-file", "-e", found.stdout.decode().strip()):
            return True
    return False


def _lost(shown: str, done: subprocess.CompletedProcess[bytes]) -> InputError:
    """An object that the repository should have."""
    hint = _PARTIAL if _ok("config", "--get-regexp", r"^remote\..*\.promisor$") else None
    return InputError(f"{shown}: git cannot read it{_said(done)}", hint=hint or "Look at `git fsck`.")


def entries(place: Place, *, nested: bool = False) -> tuple[Entry, ...]:
    """What the tree at ``place`` holds; with ``nested``, what its directories do too. Raises InputError."""
    deep = ("-r", "-t") if nested else ()
    done = _git("ls-tree", "-z", "--full-tree", *deep, place.oid)
    if done.returncode != 0:
        raise _lost(place.shown, done)
    return tuple(_entries(done.stdout))


def _entries(listed: bytes) -> Iterator[Entry]:
    for line in listed.split(b"\0")[:-1]:
        facts, _, name = line.partition(b"\t")
        mode, kind, oid = facts.decode().split(" ")
        yield Entry(os.fsdecode(name), mode, kind, oid)


class Blobs:
    """One git process that gives the bytes of many blobs. A context manager."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - git, and no word of a stranger's
            [*_command(), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **_QUIET},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def read(self, oid: str, shown: str) -> bytes:
        """The bytes of a blob. Raises InputError when it is missing or too large."""
        streams = self._process.stdin, self._process.stdout
        if streams[0] is None or streams[1] is None:
            raise AssertionError
        with contextlib.suppress(BrokenPipeError):
            streams[0].write(oid.encode() + b"\n")
            streams[0].flush()
        head = streams[1].readline().decode().split()
        if len(head) != len(("oid", _BLOB, "size")):
            raise _lost(shown, subprocess.CompletedProcess((), 1, b"", b""))
        size = int(head[2])
        if size > LARGEST_FILE:
            raise InputError(
                f"{shown}: larger than {LARGEST_FILE >> 20} MiB", hint="Split it, or load data elsewhere."
            )
        return streams[1].read(size + 1)[:size]


def merge_base(one: str, other: str) -> str | None:
    """The commit from which two commits parted; None when they have nothing in common."""
    done = _git("merge-base", "--end-of-options", one, other)
    return done.stdout.decode().split("\n")[0] or None if done.returncode == 0 else None


def is_shallow() -> bool:
    """Whether older commits were left out of this clone."""
    return _one("rev-parse", "--is-shallow-repository") == "true"


def has_commits() -> bool:
    """Whether the current branch has any. Raises InputError outside of a repository."""
    _require_repository()
    return _ok("rev-parse", "--verify", "--quiet", "HEAD^{commit}")


def parted_from() -> tuple[str, str]:
    """The commit where HEAD parted from the default branch, and that branch. Raises InputError."""
    branch = default_branch()
    head = commit("HEAD")
    base = merge_base(head, commit(branch))
    if base is None:
        raise InputError(
            f"the current branch and {short(branch)} have no commit in common",
            hint=_SHALLOW if is_shallow() else "Name what to compare with: git:REV.",
        )
    return base, branch


def default_branch() -> str:
    """The full name of the branch that others start from. Raises InputError when none can be found."""
    _require_repository()
    done = _git("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
    if done.returncode == 0 and _ok("rev-parse", "--verify", "--quiet", "refs/remotes/origin/HEAD"):
        return done.stdout.decode().strip()
    configured = _git("config", "--get", "init.defaultBranch").stdout.decode().strip()
    for name in filter(None, ("main", "master", configured)):
        for full in (f"refs/heads/{name}", f"refs/remotes/origin/{name}"):
            if _ok("rev-parse", "--verify", "--quiet", "--end-of-options", full + "^{commit}"):
                return full
    raise InputError(
        "git does not tell the default branch: there is no origin/HEAD, main or master",
        hint=_SHALLOW
        if is_shallow()
        else "Name what to compare with as git:REV, or run `git remote set-head origin --auto`.",
    )


def short(reference: str) -> str:
    """A reference as people write it: ``origin/main``."""
    return reference.removeprefix("refs/heads/").removeprefix("refs/remotes/")


def know(revisions: list[str]) -> bool:
    """Whether git is there, and each of these is a commit."""
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options")
    return program() is not None and all(_ok(*asked, f"{one}^{{commit}}") for one in revisions)


def _require_repository() -> None:
    done = _git("rev-parse", "--git-dir")
    if done.returncode == 0:
        return
    said = done.stderr.decode(errors="replace")
    if "not a git repository" in said:
        raise InputError(
            "the current directory is in no git repository", hint="Run it inside of one, or name files."
        )
    raise InputError(f"git cannot read the repository{_said(done)}", hint="Do what git says, or name files.")


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """The first thing that git says, for the end of a message."""
    lines = done.stderr.decode(errors="replace").strip().split("\n")
    said = next((line for line in lines if line.startswith(("fatal: ", "error: "))), "")
    return ": " + said.partition(": ")[2] if said else ""


def _one(*arguments: str) -> str:
    """The line that a command gives, '' when it fails."""
    return os.fsdecode(_git(*arguments).stdout).removesuffix("\n")


def _ok(*arguments: str) -> bool:
    return _git(*arguments).returncode == 0


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - no shell, and revisions come behind --end-of-options
        [*_command(), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, **_QUIET},
        check=False,
    )


@cache
def program() -> str | None:
    """Where git is, if it is installed."""
    return shutil.which("git")


def _command() -> list[str]:
    path = program()
    if path is None:
        raise InputError("git is not installed", hint="Install git, or name files instead of git:REV.")
    return [path, "--no-pager", *_SETTINGS]
