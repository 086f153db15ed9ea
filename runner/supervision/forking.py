"""Starts a script by fork and exec, where a limit has to be set in between: posix_spawn(3) sets none.

It takes about a millisecond longer than that.
"""

import ctypes
import errno
import os
import resource
import signal
import struct
from collections.abc import Mapping, Sequence

from runner.supervision.processes import RESET

_NUMBER = "!i"
_execve = ctypes.CDLL(None, use_errno=True).execve


class Program:
    """A program as it is to be started, with what it has as descriptors from 0 on.

    ValueError where an argument or a variable holds what none can.
    """

    def __init__(
        self, path: bytes, argv: Sequence[bytes], environment: Mapping[bytes, bytes], *, outputs: Sequence[int]
    ) -> None:
        self._path = path
        self._words = _array(argv)
        self._variables = _array([name + b"=" + value for name, value in environment.items()])
        self._outputs = outputs

    def spawn(self, *, data_bytes: int, has_session: bool = True) -> int:
        """Start it in a session of its own, or in a process group alone; its process id.

        It has so much memory from its first instruction. What it starts has the limit too, each process for itself
        (RLIMIT_DATA in setrlimit(2)), and can raise it as little. OSError where it cannot be started.
        """
        reading, writing = os.pipe()
        try:
            try:
                child = os.fork()
                if not child:
                    self._be_it(data_bytes, writing, has_session=has_session)
            finally:
                os.close(writing)
            problem = os.read(reading, struct.calcsize(_NUMBER))  # nothing once it runs: it has no such handle
        finally:
            os.close(reading)
        if problem:
            os.waitpid(child, 0)
            number = struct.unpack(_NUMBER, problem)[0]
            raise OSError(number, os.strerror(number))
        return child

    def _be_it(self, data_bytes: int, writing: int, *, has_session: bool) -> None:
        """Become the program, or tell why not; what takes memory was made before: none may be left under the limit.

        Until then we are a copy of the supervisor, and as closed to others as it is.
        """
        number = errno.ENOMEM
        try:
            if has_session:
                os.setsid()
            else:
                os.setpgid(0, 0)
            for target, descriptor in enumerate(self._outputs):
                os.dup2(descriptor, target)
            for each in RESET:
                if signal.getsignal(each) == signal.SIG_IGN:
                    signal.signal(each, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_DATA, (data_bytes, data_bytes))
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            _execve(self._path, self._words, self._variables)
            number = ctypes.get_errno()
        except OSError as error:
            number = error.errno or errno.EINVAL
        finally:
            os.write(writing, struct.pack(_NUMBER, number))
            os._exit(127)


def _array(words: Sequence[bytes]) -> "ctypes.Array[ctypes.c_char_p]":
    """The words as C has them; ValueError where one cannot be."""
    if any(b"\0" in word for word in words):
        raise ValueError("embedded null byte")
    return (ctypes.c_char_p * (len(words) + 1))(*words, None)
