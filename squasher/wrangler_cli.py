"""Calling the user's own wrangler: one command, its JSON, and what its errors mean.

Source: wrangler 4.86.0 and 4.164.0, and the npx of npm 11.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from squasher.errors import InputError

if TYPE_CHECKING:
    from squasher.wrangler import D1Database

SECONDS: Final = 120
"""How long one call may take; a usual one takes two."""
_NPX: Final = ("npx", "--no-install", "--offline", "wrangler")
"""Only what is installed: without ``--offline``, npx asks the registry before it says that nothing is."""
_SHOWN: Final = 300
_GRACE: Final = 2
_WORDLESS: Final = "an error without words"

_running: set[subprocess.Popen[bytes]] = set()


class WranglerError(InputError):
    """wrangler could not be asked, or did not do what it was asked for."""


class Wrangler(NamedTuple):
    """Where to ask: one database of a configuration."""

    database: D1Database
    where: tuple[str, ...] = ("--remote",)

    @property
    def shown(self) -> str:
        """The database as errors name it."""
        return f"d1:{self.database.name or self.database.binding}"

    def command(self, sql: str) -> list[str]:
        """The command line. Raises WranglerError for a name that would be an option."""
        name = self.database.name or self.database.binding
        if name.startswith("-"):
            raise WranglerError(f"{name}: the name of a database cannot begin with a hyphen")
        environment = self.database.environment
        return [
            *_NPX,
            *("d1", "execute", name, *self.where, "--json"),
            *("--config", self.database.config.name),
            *(() if environment is None else ("--env", environment)),
            *("--command", sql),
        ]

    def ask(self, sql: str) -> list[list[dict[str, Any]]]:
        """The rows that each of the statements gives. Raises WranglerError."""
        code, out, err = self._run(self.command(sql))
        document = _json(out)
        said = _said(document)
        if said is not None:
            raise self._explained(said)
        if isinstance(document, list) and code == 0:
            try:
                return [list(part["results"]) for part in document]
            except (KeyError, TypeError):
                pass
        if code:
            raise self._failed(err or out)
        raise WranglerError(
            f"{self.shown}: wrangler printed no JSON: {_cut(out) or 'nothing at all'}",
            hint="Update it: `npm install --save-dev wrangler@latest`.",
        )

    def _run(self, command: list[str]) -> tuple[int, str, str]:
        environment = {**os.environ, "NO_COLOR": "1", "WRANGLER_HIDE_BANNER": "true"}
        environment.pop("FORCE_COLOR", None)
        try:
            process = subprocess.Popen(  # noqa: S603 - no shell: a list, with SQL of squasher's own
                command,
                cwd=self.database.config.parent,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            if error.filename == command[0]:
                raise WranglerError(
                    f"{self.shown}: there is no npx, which runs wrangler",
                    hint="Install Node.js with npm, or compare the local database without --remote.",
                ) from error
            raise
        _running.add(process)
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired as error:
            raise WranglerError(
                f"{self.shown}: wrangler gave no answer in {SECONDS} seconds",
                hint="Try the same by hand: `npx wrangler d1 execute"
                f' {self.database.name or self.database.binding} --remote --command "SELECT 1"`.',
            ) from error
        finally:
            _end(process)
            _running.discard(process)
        return process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def _explained(self, said: str) -> WranglerError:
        """What an error of wrangler's own means, and the way out."""
        name = self.database.name or self.database.binding
        if "CLOUDFLARE_API_TOKEN" in said or "Not logged in" in said or "Did not login" in said:
            return WranglerError(
                f"{self.shown}: wrangler is not logged in",
                hint="Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.",
            )
        if "CLOUDFLARE_ACCOUNT_ID" in said:
            return WranglerError(
                f"{self.shown}: wrangler does not know which account to ask",
                hint="Set CLOUDFLARE_ACCOUNT_ID, or account_id in its configuration.",
            )
        if said.startswith("Couldn't find"):
            return WranglerError(
                f"{self.shown}: Cloudflare knows no database {name}: {_cut(said)}",
                hint="See `npx wrangler d1 list`, and database_name in the configuration.",
            )
        return WranglerError(f"{self.shown}: wrangler says: {_cut(said)}")

    def _failed(self, text: str) -> WranglerError:
        """What it means that the command failed without JSON."""
        where = self.database.config.parent.as_posix()
        lines = [line.strip() for line in _plain(text).splitlines() if line.strip()]
        if any(line.startswith(("npm error", "npm ERR!")) for line in lines):
            return WranglerError(
                f"{self.shown}: wrangler is not installed in {where}",
                hint="Install it there: `npm install --save-dev wrangler`.",
            )
        told = next((line for line in lines if "ERROR" in line), lines[0] if lines else "nothing")
        return self._explained(told.rpartition("[ERROR]")[2].strip())


def stop_all() -> None:
    """End every call that other threads wait for."""
    for process in list(_running):
        _end(process, at_once=True)


def _end(process: subprocess.Popen[bytes], *, at_once: bool = False) -> None:
    """End a call that still runs, with the processes that it started: npx starts a shell, that wrangler."""
    if process.poll() is not None:
        return
    _signal(process, signal.SIGTERM)
    if not at_once:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    if not at_once:
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)


def _json(out: str) -> object:
    """The JSON in what was printed, behind lines of another kind if need be; None when there is none."""
    lines = out.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.lstrip()[:1] in {"[", "{"}:
            with contextlib.suppress(ValueError, RecursionError):
                found = json.JSONDecoder().raw_decode("".join(lines[number:]).lstrip())[0]
                if _is_answer(found):
                    return found
    return None


def _is_answer(found: object) -> bool:
    """Whether JSON is wrangler's answer, and not what another program logged before it."""
    if isinstance(found, dict):
        return "error" in found
    return isinstance(found, list) and all(isinstance(one, dict) and "results" in one for one in found)


def _said(document: object) -> str | None:
    """The text of ``{"error": {"text": …, "notes": …}}``, or of a statement without success."""
    if isinstance(document, list):
        failed = (one for one in document if isinstance(one, dict) and one.get("success") is False)
        return next((" ".join(str(one.get("error") or _WORDLESS).split()) for one in failed), None)
    if not isinstance(document, dict) or not isinstance(document.get("error"), dict):
        return None
    error = document["error"]
    notes = error.get("notes") or ()
    told = [error.get("text"), *(note.get("text") for note in notes if isinstance(note, dict))]
    return " ".join(" ".join(str(one).split()) for one in told if one) or _WORDLESS


def _plain(text: str) -> str:
    """Text without the colours that wrangler writes even where NO_COLOR is set."""
    first, *others = text.split("\x1b[")
    return first + "".join(other.partition("m")[2] for other in others)


def _cut(text: str) -> str:
    line = " ".join(_plain(text).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
