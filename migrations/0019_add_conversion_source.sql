-- Which conversions the optimizer believes: those of our tag, those that the ad platforms
-- report about themselves, or revenue from a connected shop or payment provider.
-- (0017 and 0018 were withdrawn before they were released.)

ALTER TABLE ai_optimization_settings ADD COLUMN conversion_source TEXT NOT NULL DEFAULT 'tag'
  CHECK (conversion_source IN ('tag', 'ad_platforms', 'connectors'));

CREATE INDEX IF NOT EXISTS idx_ai_optimization_settings_conversion_source
  ON ai_optimization_settings(conversion_source);
