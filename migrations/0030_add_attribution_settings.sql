-- Attribution is no longer last touch over 30 days for everybody. These are the defaults of an
-- organization. A report may still ask for another model or window.

ALTER TABLE organizations ADD COLUMN attribution_window_days INTEGER NOT NULL DEFAULT 30
    CHECK (attribution_window_days BETWEEN 1 AND 180);

ALTER TABLE organizations ADD COLUMN default_attribution_model TEXT NOT NULL DEFAULT 'last_touch'
    CHECK (default_attribution_model IN
        ('first_touch', 'last_touch', 'linear', 'time_decay', 'position_based', 'markov_chain', 'shapley_value'));

-- Only read by the time_decay model: after this many days, a touch counts for half.
ALTER TABLE organizations ADD COLUMN time_decay_half_life_days REAL NOT NULL DEFAULT 7.0
    CHECK (time_decay_half_life_days > 0);
