-- Free text that customers give the optimizer on its way: "never touch the brand campaigns",
-- "we are closed in August". Goes into the prompt, hence the limit.

ALTER TABLE ai_optimization_settings ADD COLUMN custom_instructions TEXT
  CHECK (length(custom_instructions) <= 4000);
