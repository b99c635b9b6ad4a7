ALTER TABLE tags ADD COLUMN colour TEXT DEFAULT 'red' /* of the chip */
;
