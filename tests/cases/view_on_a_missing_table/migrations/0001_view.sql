CREATE VIEW totals AS SELECT sum(cents) AS cents FROM invoices;
CREATE VIEW big_totals AS SELECT cents FROM totals WHERE cents > 1000;
