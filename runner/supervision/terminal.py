"""The pseudo-terminal that a script prints to where it asks for one: nobody types there, and no signal comes from it.

It imports nothing but the standard library: see ``supervision/``.
"""

import fcntl
import os
import struct
import termios

ROWS, COLUMNS = 24, 80
MOST_BYTES = 131_072
"""More than a terminal holds: 64 KiB on the way (Linux, tty_buffer.c), 4 KiB to be read (n_tty.c)."""


def opened() -> tuple[int, int]:
    """The end that is read, and the one that a script has for its outputs; OSError where there is none to be had.

    What is printed comes out byte for byte. The script's end is for writing only: a pager that asks there for a key
    ends instead of waiting for ever.
    """
    reading, both = os.openpty()
    try:
        _be_plain(both)
        fcntl.ioctl(both, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        return reading, os.open(os.ttyname(both), os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, termios.error) as error:
        os.close(reading)
        raise OSError(*error.args) from error
    finally:
        os.close(both)


def _be_plain(terminal: int) -> None:
    """No carriage returns before line feeds, no echo, no keys with a meaning."""
    attributes = termios.tcgetattr(terminal)
    attributes[1] &= ~termios.OPOST
    attributes[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN)
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
