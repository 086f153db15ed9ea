"""How people fetch results and bring inputs: the built-in SSH server, its derived logins and the scp commands shown."""

from runner.retrieval.accounts import Account, Accounts
from runner.retrieval.logins import Login, Logins, named_job, named_person
from runner.retrieval.server import SshServer
from runner.retrieval.settings import RetrievalSettings

__all__ = ["Account", "Accounts", "Login", "Logins", "RetrievalSettings", "SshServer", "named_job", "named_person"]
