"""How people fetch results and bring inputs: the built-in SSH server, its derived logins and the scp commands shown.

What serves people stands in ``serving``: asyncssh takes 15 MB and half a second on a busy machine, and is imported only
when somebody connects.
"""

from runner.retrieval.accounts import Account
from runner.retrieval.logins import Logins, named_job, named_person
from runner.retrieval.settings import RetrievalSettings

__all__ = ["Account", "Logins", "RetrievalSettings", "commands", "named_job", "named_person", "server"]
