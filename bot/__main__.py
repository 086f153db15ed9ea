"""`python -m bot` is `scriptrunner`."""

import sys

from bot.cli import main

if __name__ == "__main__":
    sys.exit(main())
