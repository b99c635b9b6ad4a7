CREATE TABLE t (a, b, c);
CREATE INDEX t_turned ON t (a DESC);
CREATE INDEX t_partial ON t (b, c) WHERE c > 0;
CREATE UNIQUE INDEX t_unique ON t (b);
CREATE INDEX t_same ON t (c, a) WHERE b IS NOT NULL;
CREATE UNIQUE INDEX t_new ON t (a, b);
