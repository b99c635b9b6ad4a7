-- How far the optimizer may go on its own, per organization.
--
--   co_pilot    proposes changes, a human accepts them
--   auto_pilot  makes them itself, within the limits set here

CREATE TABLE IF NOT EXISTS ai_optimization_settings (
  organization_id TEXT PRIMARY KEY REFERENCES organizations(id) ON DELETE CASCADE,
  mode TEXT NOT NULL DEFAULT 'co_pilot' CHECK (mode IN ('co_pilot', 'auto_pilot')),
  growth_strategy TEXT NOT NULL DEFAULT 'balanced'
    CHECK (growth_strategy IN ('conservative', 'balanced', 'aggressive')),
  budget_optimization TEXT NOT NULL DEFAULT 'moderate'
    CHECK (budget_optimization IN ('conservative', 'moderate', 'aggressive')),

  -- Limits of auto_pilot
  max_budget_change_percent REAL NOT NULL DEFAULT 20.0,  -- of a campaign, per day
  daily_spend_cap_cents INTEGER,                         -- over all campaigns, NULL: none
  max_cac_cents INTEGER,                                 -- pause what costs more per customer
  pause_threshold_days INTEGER NOT NULL DEFAULT 7,       -- and has done so for as long as this

  updated_by TEXT REFERENCES users(id) ON DELETE SET NULL,
  created_at TEXT NOT NULL DEFAULT (datetime('now')),
  updated_at TEXT NOT NULL DEFAULT (datetime('now')),

  CONSTRAINT budget_change_range CHECK (max_budget_change_percent > 0 AND max_budget_change_percent <= 100),
  CONSTRAINT pause_range CHECK (pause_threshold_days BETWEEN 1 AND 60),
  -- Nobody gets an optimizer with an open purse.
  CONSTRAINT auto_pilot_needs_cap CHECK (mode <> 'auto_pilot' OR coalesce(daily_spend_cap_cents, 0) > 0)
);
