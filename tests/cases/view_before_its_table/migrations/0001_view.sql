CREATE VIEW totals AS SELECT sum(cents) AS cents FROM invoices;
