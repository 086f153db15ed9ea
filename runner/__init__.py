"""Everything but Slack's front end: scripts, jobs, their execution, notifications, retrieval and cleanup."""
