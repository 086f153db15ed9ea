"""Pure functions that draw what people see in Slack."""
