"""A file on its way into an inbox: what a client that brings it may do to its draft."""

from runner.drafts import Draft


class Upload(Draft):
    """A draft with the name that it is to have, and whether all goes well.

    OpenSSH's scp (9.2) does not ask to empty a file that it replaces, just as a program that changes a file in places.
    The draft begins empty all the same, so then a gap means that the rest of the old file was counted on.
    """

    def __init__(self, folder: int, name: str, *, at_most_bytes: int, may_have_gaps: bool) -> None:
        super().__init__(folder)
        self.name = name
        self.at_most_bytes = at_most_bytes
        self.may_have_gaps = may_have_gaps
        self.has_failed = False

    def finish(self) -> None:
        """Give the draft its name, in place of a file that had it; OSError where that is a folder."""
        self.replace(self.name)
