"""A real PostgreSQL for tests: started on loopback in a folder of its own, killed and started again at will."""

import glob
import os
import shutil
import socket
import subprocess
from pathlib import Path

HOW_TO_GET_ONE = "Debian, Ubuntu: apt-get install postgresql"


def programs():
    """The folder of PostgreSQL's programs, or None where it is not installed."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    path = found[-1] if found else shutil.which("initdb")
    return Path(path).parent if path else None


class Server:
    """A PostgreSQL server of our own. Its owner is `owner`; everybody on loopback is trusted."""

    def __init__(self, folder):
        self.folder, self.bin = Path(folder) / "data", programs()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        # PostgreSQL refuses to run as root, and pytest keeps its folders from everybody else.
        self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        if self.user:
            shutil.chown(folder, "postgres", "postgres")
        self.run(
            "initdb", "-D", self.folder, "-U", "owner", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"
        )

    def run(self, program, *arguments):
        done = subprocess.run(
            [*self.user, self.bin / program, *map(str, arguments)], capture_output=True, text=True, cwd="/"
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def start(self):
        options = f"-p {self.port} -k '' -c listen_addresses=127.0.0.1 -c max_connections=120 -c shared_buffers=32MB"
        self.run("pg_ctl", "-D", self.folder, "-l", self.folder / "log", "-w", "-o", options, "start")

    def kill(self):
        """End it at once, as a power cut does."""
        self.run("pg_ctl", "-D", self.folder, "-m", "immediate", "-w", "stop")

    def sql(self, *statements, database="postgres"):
        for statement in statements:
            self.run(
                "psql",
                "-h",
                "127.0.0.1",
                "-p",
                self.port,
                "-U",
                "owner",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                database,
                "-c",
                statement,
            )

    def url(self, user="owner", database="postgres"):
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{database}"
