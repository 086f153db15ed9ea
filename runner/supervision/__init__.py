"""What stands between runner and script: a fork server that makes supervisors, and the supervisors.

How a job outlives its runner by them is told as a whole in docs/architecture.md. They import nothing but the standard
library and themselves, and stay small: there is a supervisor, a fork of the server, for each job that runs. Nothing
here reads the wall clock: limits hold by the monotonic one, which no adjustment moves and which stands still while the
machine is suspended.
"""

__all__ = ["cgroups", "command", "first_line", "fork_server", "handover", "processes", "records", "startable"]
