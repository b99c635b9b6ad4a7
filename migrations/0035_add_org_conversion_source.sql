-- The conversion source of 0019 belongs to the optimizer, and most organizations have no row in
-- ai_optimization_settings at all. Reports need one for everybody.
-- NULL: not chosen, so the API goes by what is connected.

ALTER TABLE organizations ADD COLUMN conversion_source TEXT
    CHECK (conversion_source IN ('tag', 'ad_platforms', 'connectors'));
