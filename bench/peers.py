"""The other programs that a user would run instead, as far as they are installed here."""

from __future__ import annotations

import shutil
import subprocess
from typing import Final, NamedTuple


class Peer(NamedTuple):
    """A program, how it tells its version, and how to install it."""

    name: str
    asked: str | None
    hint: str
    needs: tuple[str, ...] = ()
    """The programs that it runs itself."""


PEERS: Final = (
    Peer("sqlite3", "--version", "Debian, Ubuntu: apt-get install sqlite3"),
    Peer("dbmate", "--version", "npm install --global dbmate", needs=("sqlite3",)),
    Peer("sqldiff", None, "Debian, Ubuntu: apt-get install sqlite3-tools"),
)


def found() -> dict[str, str]:
    """The version of each peer that is there, "" where it does not tell."""
    return {peer.name: _version(peer) for peer in PEERS if all(map(shutil.which, (peer.name, *peer.needs)))}


def _version(peer: Peer) -> str:
    """The first word of what it says that begins with a digit."""
    if peer.asked is None:
        return ""
    done = subprocess.run([peer.name, peer.asked], capture_output=True, text=True, check=False)
    return next((word for word in done.stdout.split() if word[0].isdecimal()), "")


def told(versions: dict[str, str]) -> list[str]:
    """What to say of each: its version, or how to install it."""
    return [
        f"{peer.name} {versions[peer.name]}".rstrip()
        if peer.name in versions
        else f"no {peer.name}: {' and '.join([peer.hint, *(f'it runs {name}' for name in peer.needs)])}"
        for peer in PEERS
    ]
