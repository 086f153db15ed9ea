"""`python -m bot` is `scriptrunner`."""

import sys

from runner.system import environment


def main() -> int:
    """Run the command, with nothing open to others that it was told in its environment; its exit code."""
    environment.withdraw()
    from bot.cli.main import main as run  # noqa: PLC0415  # imports take long, and until here all was open

    return run()


if __name__ == "__main__":
    sys.exit(main())
