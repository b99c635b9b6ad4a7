CREATE VIEW last_step AS SELECT max(n) AS n FROM steps;
