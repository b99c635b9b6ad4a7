-- What counts as a conversion, and which events attribution looks at.

CREATE TABLE IF NOT EXISTS conversion_goals (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,  -- used by the tag: clearlift.convert("slug")
    goal_type TEXT NOT NULL DEFAULT 'custom' CHECK (goal_type IN ('purchase', 'lead', 'signup', 'custom')),

    -- Which events reach the goal
    event_type TEXT NOT NULL DEFAULT 'conversion',
    conditions TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(conditions)),  -- JSON, same form as connector_filter_rules

    -- What one is worth
    value_mode TEXT NOT NULL DEFAULT 'from_event' CHECK (value_mode IN ('from_event', 'fixed', 'none')),
    fixed_value_cents INTEGER,
    currency TEXT NOT NULL DEFAULT 'USD' CHECK (length(currency) = 3 AND currency = upper(currency)),

    attribution_window_days INTEGER CHECK (attribution_window_days BETWEEN 1 AND 180),  -- NULL: as the organization
    is_primary INTEGER NOT NULL DEFAULT 0 CHECK (is_primary IN (0, 1)),  -- the one on the dashboard
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now')),

    CONSTRAINT fixed_needs_value CHECK (value_mode <> 'fixed' OR fixed_value_cents IS NOT NULL),
    UNIQUE (organization_id, slug)
);

CREATE INDEX IF NOT EXISTS idx_conversion_goals_active ON conversion_goals(organization_id, is_active);
CREATE INDEX IF NOT EXISTS idx_conversion_goals_event_type ON conversion_goals(organization_id, event_type);

-- At most one primary goal per organization: making a goal primary demotes the one before it.
-- (A unique index would make the dashboard do that itself, in two writes.)
CREATE TRIGGER IF NOT EXISTS trg_conversion_goals_primary_insert
AFTER INSERT ON conversion_goals
FOR EACH ROW
WHEN NEW.is_primary = 1
BEGIN
    UPDATE conversion_goals
    SET is_primary = 0, updated_at = datetime('now')
    WHERE organization_id = NEW.organization_id AND id <> NEW.id AND is_primary = 1;
END;

CREATE TRIGGER IF NOT EXISTS trg_conversion_goals_primary_update
AFTER UPDATE OF is_primary, organization_id ON conversion_goals
FOR EACH ROW
WHEN NEW.is_primary = 1
BEGIN
    UPDATE conversion_goals
    SET is_primary = 0, updated_at = datetime('now')
    WHERE organization_id = NEW.organization_id AND id <> NEW.id AND is_primary = 1;
END;

-- Events that attribution has to leave out (staff, bots, test orders), or the only ones it may use.
CREATE TABLE IF NOT EXISTS event_filters (
    id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
    organization_id TEXT NOT NULL REFERENCES organizations(id) ON DELETE CASCADE,
    goal_id TEXT REFERENCES conversion_goals(id) ON DELETE CASCADE,  -- NULL: for all goals
    name TEXT NOT NULL,
    action TEXT NOT NULL DEFAULT 'exclude' CHECK (action IN ('include', 'exclude')),
    match_mode TEXT NOT NULL DEFAULT 'all' CHECK (match_mode IN ('all', 'any')),
    rules TEXT NOT NULL CHECK (json_valid(rules) AND json_type(rules) = 'array'),
    priority INTEGER NOT NULL DEFAULT 100,  -- lower goes first, the first match wins
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    created_by TEXT REFERENCES users(id) ON DELETE SET NULL,
    created_at TEXT NOT NULL DEFAULT (datetime('now')),
    updated_at TEXT NOT NULL DEFAULT (datetime('now'))
);

CREATE INDEX IF NOT EXISTS idx_event_filters_organization ON event_filters(organization_id, is_active, priority);
CREATE INDEX IF NOT EXISTS idx_event_filters_goal ON event_filters(goal_id);
