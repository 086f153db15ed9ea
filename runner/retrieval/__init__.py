"""How people fetch results and bring inputs: the built-in SSH server, its derived logins and the scp commands shown.

The server stands in its own module, ``server``: asyncssh takes half a second to import, and only the runner needs it.
"""

from runner.retrieval.accounts import Account, Accounts
from runner.retrieval.logins import Login, Logins, named_job, named_person
from runner.retrieval.settings import RetrievalSettings

__all__ = ["Account", "Accounts", "Login", "Logins", "RetrievalSettings", "named_job", "named_person"]
