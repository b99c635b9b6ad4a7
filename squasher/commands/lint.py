"""``squasher lint``: what the rules find in the migrations of one or more chains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from squasher import git
from squasher.chain import Chain, read_chain
from squasher.errors import InputError, SquasherError
from squasher.files import resolved
from squasher.lint.diagnostic import Report
from squasher.lint.linter import diagnose
from squasher.lint.reading import read
from squasher.lint.rules import RULES
from squasher.lint.standing import ASKING, blind, changed_since, standing
from squasher.settings import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from squasher.lint.diagnostic import Severity
    from squasher.lint.rule import Rule
    from squasher.lint.study import Study
    from squasher.target import Target


class Wanted(NamedTuple):
    """What somebody wants to know."""

    paths: tuple[str, ...] = ()
    """Only of these files, and of those below these directories; () for all."""
    select: tuple[str, ...] = ()
    """Only what these rules find, by code, beginning of codes or name; of those that are off too."""
    ignore: tuple[str, ...] = ()
    """Not what these find."""
    since: str | None = None
    """Only what is found in files that this git revision does not have, or has with other bytes."""


ALL: Wanted = Wanted()


def lint(targets: Iterable[Target], wanted: Wanted = ALL) -> Report:
    """Replay each chain as far as it runs, and give what the rules find in all of them.

    A chain that cannot be read is told in the report's ``failed``. Raises InputError for a path that is no
    migration, for a code of no rule, and for a revision that git does not know.
    """
    if wanted.since is not None:
        git.commit(wanted.since)
    known: set[str] = set()
    reports: list[Report] = []
    for target in targets:
        severities = _severities(target, wanted)
        try:
            chain = read_chain(target.migrations, target.pattern)
            paths = _wanted(target, chain, wanted, known)
            if wanted.paths and not paths:
                continue
            if wanted.since is not None:
                paths &= changed_since(wanted.since, target, chain)
            rehearsing = any(rule.rehearses and severities[rule.code] != "off" for rule in RULES)
            with read(target, chain, rehearsing=rehearsing) as study:
                found = diagnose(study, RULES, severities)
                unseen = (*_unseen(study), *_unknown(study, severities))
        except SquasherError as error:
            reports.append(Report((), 0, failed=((target.name, error),)))
            continue
        there = {migration.path for migration in chain.migrations}
        shown = tuple(one for one in found if one.path in paths or one.path not in there)
        files = paths.union(one.path for one in shown)  # those that are gone, too
        reports.append(Report(shown, len(files), (*chain.skipped, *unseen)))
    if not any(report.failed for report in reports):
        _refuse_unknown(wanted, known)
    return _merged(reports)


def _unseen(study: Study) -> tuple[str, ...]:
    """What to say of a chain that does not run to its end."""
    failed = next((file for file in study.files if not file.ran), None)
    behind = study.files[len(study.steps) + 1 :]
    if failed is None or not behind:
        return ()
    one = len(behind) == 1
    first, last = behind[0].migration, behind[-1].migration
    if one or first.number != last.number:
        which = last.number if one else f"{first.number} to {last.number}"
    else:
        which = f"{first.name} to {last.name}"
    return (f"{which} {'was' if one else 'were'} read only: {failed.migration.path} fails before",)


def _unknown(study: Study, severities: dict[str, Severity]) -> tuple[str, ...]:
    """What to say where rules that ask git have no answer."""
    if all(severities[code] == "off" for code in ASKING) or study.once(standing).branch is not None:
        return ()
    why = blind(study.target)
    return () if why is None else (why,)


def _wanted(target: Target, chain: Chain, wanted: Wanted, known: set[str]) -> frozenset[str]:
    """The paths of the chain that are meant; the words of the user that mean any are put into ``known``."""
    files = {migration.path: resolved(target.migrations / migration.name) for migration in chain.migrations}
    if not wanted.paths:
        return frozenset(files)
    found: set[str] = set()
    for said in wanted.paths:
        place = resolved(Path(said))
        inside = [path for path, file in files.items() if file == place or place in file.parents]
        known.update([said] if inside else [])
        found.update(inside)
    return frozenset(found)


def _refuse_unknown(wanted: Wanted, known: set[str]) -> None:
    for said in wanted.paths:
        if said not in known:
            what = "is no migration of the chain" if Path(said).exists() else "does not exist"
            raise InputError(f"{said} {what}", hint="Name files of it, or its directory with --migrations.")


def _severities(target: Target, wanted: Wanted) -> dict[str, Severity]:
    """The severity of each rule; a longer beginning of a code says it over a shorter one."""
    found = {rule.code: rule.severity for rule in RULES}
    if target.lint is not None:
        where = f"{target.lint.path.as_posix()}: {target.lint.key}: "
        for said, severity in sorted(target.lint.said, key=lambda one: len(one[0])):
            for rule in rules_of(said, where):
                found[rule.code] = severity
    if wanted.select:
        chosen = {rule.code for said in wanted.select for rule in rules_of(said)}
        for code, severity in found.items():
            found[code] = "off" if code not in chosen else "warning" if severity == "off" else severity
    for said in wanted.ignore:
        for rule in rules_of(said):
            found[rule.code] = "off"
    return found


def rules_of(said: str, where: str = "") -> tuple[Rule, ...]:
    """The rules of a code, the beginning of codes, or a name. Raises InputError where there is none."""
    found = tuple(rule for rule in RULES if rule.code.startswith(said.upper()) or rule.name == said)
    if not found or not said:
        raise InputError(f"{where}there is no rule {said}", hint=_meant(said))
    return found


def rule_of(said: str) -> Rule:
    """The rule of a code or a name. Raises InputError where there is none."""
    for rule in RULES:
        if said.upper() == rule.code or said.lower() == rule.name:
            return rule
    group = [rule.code for rule in RULES if said and rule.code.startswith(said.upper())]
    if group:
        hint = f"Choose one of {', '.join(group)}."
        raise InputError(f"{said} is a group: each rule has a page", hint=hint)
    raise InputError(f"there is no rule {said}", hint=_meant(said))


def _meant(said: str) -> str:
    """The rule that somebody may have meant: codes are near to codes, names to names."""
    is_code = said[:2].upper() == "SQ"
    return suggestion(said, [rule.code if is_code else rule.name for rule in RULES])


def _merged(reports: list[Report]) -> Report:
    """What is said of several chains, as one."""
    return Report(
        tuple(one for report in reports for one in report.diagnostics),
        sum(report.files for report in reports),
        tuple(dict.fromkeys(warning for report in reports for warning in report.warnings)),
        tuple(one for report in reports for one in report.failed),
    )
