-- rows
INSERT INTO users VALUES ('﻿a');
