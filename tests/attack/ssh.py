"""What is tried at the SSH server."""

import os
import socket
from contextlib import ExitStack

from runner.jobs import State
from tests.attack.attacks import Attacks
from tests.attack.target import Target

ATTACKS = Attacks("ssh")
_PLACE = "job-{}@127.0.0.1"


@ATTACKS("silent connections by the hundred: who knows a password gets in")
def silent_connections(target: Target, hardness: int) -> None:
    job = target.run(target.maria, "greet")
    password = target.password(target.maria, job.id)
    with ExitStack() as stack:
        for number in range(150 * hardness):
            source = (f"127.0.0.{2 + number % 8}", 0)
            stack.enter_context(
                socket.create_connection(("127.0.0.1", target.ssh_port), timeout=30, source_address=source)
            )
        fetched = target.ssh("scp", f"{_PLACE.format(job.id)}:job-{job.id}.log", "fetched.log", password=password)
    assert fetched.returncode == 0, fetched.stderr
    assert (target.command.folder / "fetched.log").read_text() == "hello\n"


@ATTACKS("wrong passwords, other jobs' passwords, names that are none")
def wrong_logins(target: Target, hardness: int) -> None:
    jobs = [target.run(target.maria, "greet") for _ in range(2)]
    right, other = (target.password(target.maria, job.id) for job in jobs)
    for user in (f"job-{jobs[0].id}", "root", "job-999999", "../x", "job-1 or 1=1", "in-U0MARIA0001")[: 3 + hardness]:
        for password in ("", "root", other, right.swapcase()):
            done = target.ssh("sftp", "-b", "-", f"{user}@127.0.0.1", password=password, text="ls\n")
            assert done.returncode != 0, (user, password)


@ATTACKS("ways out of the folder, and any change in it")
def ways_out(target: Target, hardness: int) -> None:
    del hardness
    job = target.run(target.maria, "odd_results")
    password, place = target.password(target.maria, job.id), _PLACE.format(job.id)
    (target.command.folder / "new").write_text("new")
    for command in (
        "get ../../scriptrunner.db x",
        "get /etc/passwd x",
        "get passwd x",
        "get up/../../retrieval.key x",
        "get pipe x",
        "put new",
        "rm right.txt",
        "rename right.txt wrong.txt",
        "mkdir made",
        "ln -s /etc/passwd link",
        "chmod 777 right.txt",
    ):
        done = target.ssh("sftp", "-b", "-", place, password=password, text=command + "\n")
        assert done.returncode != 0, (command, done.stdout)
        assert not (target.command.folder / "x").exists()
    assert (target.folder(job.id) / "right.txt").read_text() == "right\n"


@ATTACKS("commands, shells and tunnels")
def commands(target: Target, hardness: int) -> None:
    job = target.run(target.maria, "greet")
    password, place = target.password(target.maria, job.id), _PLACE.format(job.id)
    for words in (
        (place, "id"),
        (place, "rsync --server --sender -e.LsfxC . ."),
        (place, "sh"),
        ("-tt", place),
        ("-W", "127.0.0.1:22", place),
        ("-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:22", place),
    )[: 5 + hardness]:
        done = target.ssh("ssh", *words, password=password)
        assert done.returncode != 0, (words, done.stdout)
        assert b"uid=" not in done.stdout
    target.ssh("ssh", place, "scp -f right.txt; touch pwned", password=password)  # names of three files to us
    (target.command.folder / "brought").write_text("brought")
    for options in ((), ("-O",)):
        assert target.ssh("scp", *options, "brought", f"{place}:brought", password=password).returncode != 0
    assert not list(target.command.folder.rglob("pwned"))
    assert not (target.folder(job.id) / "brought").exists()


@ATTACKS("noise instead of the protocol")
def noise(target: Target, hardness: int) -> None:
    for _ in range(5 * hardness):
        with socket.create_connection(("127.0.0.1", target.ssh_port), timeout=30) as client:
            try:
                client.sendall(b"SSH-2.0-x\r\n" + os.urandom(100_000))
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
            except ConnectionError:
                continue
    assert target.run(target.maria, "greet").state is State.SUCCEEDED
