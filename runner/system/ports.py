"""Whether a port is free to listen on."""

import socket

from runner.errors import ScriptRunnerError


def check_port(setting: str, host: str, port: int) -> None:
    """ScriptRunnerError where nothing can listen there, with the setting to change; port 0 is always free."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
    except OSError as error:
        raise ScriptRunnerError(
            f"Nothing can listen on {host} port {port}: {error.strerror or error}. "
            f"End what uses it, or change {setting}, or the address beside it, in the settings."
        ) from error
