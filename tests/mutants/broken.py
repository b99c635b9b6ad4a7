"""Edits of the broken chain: objects that SQLite stores and cannot compile, so that no program shows them."""

from __future__ import annotations

from tests.mutants.edit import Edit

ARCHIVE = """\
-- events_archive · made by 0001
CREATE TRIGGER events_archive AFTER INSERT ON events
BEGIN
    INSERT INTO archive (name) VALUES (new.name);
END;
"""
COUNT = """\
-- events_count · made by 0001
CREATE TRIGGER events_count AFTER INSERT ON events
BEGIN
    UPDATE archive SET n = n + 1 WHERE name = new.name;
END;
"""
BY_NAME = "CREATE UNIQUE INDEX events_name ON events (name);\n"
BY_PLACE = "CREATE UNIQUE INDEX events_place ON events (place);\n"

TELLING = (
    Edit(
        "order of triggers that do not compile",
        ARCHIVE + "\n" + COUNT,
        COUNT + "\n" + ARCHIVE,
        "events_count, events_archive",
    ),
    Edit(
        "order of unique indexes that no program shows",
        BY_NAME + BY_PLACE,
        BY_PLACE + BY_NAME,
        "events_place, events_name",
    ),
    Edit(
        "column of a table that is not there",
        "INSERT INTO archive (name)",
        "INSERT INTO archive (n)",
        "events_archive",
    ),
    Edit("number in a trigger that does not compile", "n = n + 1", "n = n + 2", "events_count"),
    Edit("operator in a trigger that does not compile", "n = n + 1", "n = n - 1", "events_count"),
    Edit("CHECK of a table that cannot be written", "CHECK (nights > 0)", "CHECK (nights >= 0)", "stays"),
    Edit("text in a CHECK of a table that cannot be written", "at > '2000'", "at > '2001'", "at"),
    Edit(
        "deferral of a reference to a missing table", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED", "stays"
    ),
    Edit("condition of a view that does not compile", "WHERE n > 1", "WHERE n >= 1", "archived"),
    Edit("columns of a view that does not compile", "SELECT name, n FROM", "SELECT n, name FROM", "archived"),
    Edit("view that leads nowhere", "SELECT * FROM ring_one", "SELECT * FROM ring_on", "ring_two"),
    Edit(
        "the missing table made", "-- archived ·", "CREATE TABLE archive (name, n);\n-- archived ·", "archive"
    ),
    Edit(
        "the missing parent made",
        "-- archived ·",
        "CREATE TABLE rooms (id INTEGER PRIMARY KEY);\n-- archived ·",
        "rooms",
    ),
)

HARMLESS = (
    Edit("white space in what does not compile", "UPDATE archive SET", "UPDATE  archive\n  SET"),
    Edit("comment in what does not compile", "WHERE n > 1", "WHERE /* more */ n > 1"),
    Edit("case of keywords in what does not compile", "UPDATE archive SET n", "update archive set n"),
)
