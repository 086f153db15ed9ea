"""How people fetch results and bring inputs: the built-in SSH server, its derived logins and the scp commands shown.

What serves people stands in ``event_loop``: asyncssh takes 15 MB and half a second on a busy machine, and is imported
only when somebody connects.
"""

from runner.retrieval.accounts import Account, Accounts
from runner.retrieval.instructions import Instructions, UploadInstructions
from runner.retrieval.logins import Logins
from runner.retrieval.settings import RetrievalSettings

__all__ = ["Account", "Accounts", "Instructions", "Logins", "RetrievalSettings", "UploadInstructions", "server"]
