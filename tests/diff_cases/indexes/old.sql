CREATE TABLE t (a, b, c);
CREATE INDEX t_gone ON t (c);
CREATE INDEX t_turned ON t (a);
CREATE INDEX t_partial ON t (b, c);
CREATE INDEX t_unique ON t (b);
CREATE INDEX t_same ON t (c, a) WHERE b IS NOT NULL;
