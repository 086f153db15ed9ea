"""The front ends: Slack's slash commands and forms, and the command line."""
