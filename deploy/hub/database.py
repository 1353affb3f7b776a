"""A PostgreSQL of the workshop's own: in one folder, on loopback, with a password, and with every commit on disk."""

import glob
import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql

NEEDED = "Install PostgreSQL (Debian, Ubuntu: apt-get install postgresql), or name databases of your own: see docs/workshop.md."


class NoDatabase(Exception):
    """PostgreSQL cannot be started here. The message says why and what to do."""


def programs():
    """The folder of PostgreSQL's programs. Raises `NoDatabase`."""
    found = sorted(
        glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4].partition(".")[0])
    )
    path = found[-1] if found else shutil.which("initdb")
    if path is None:
        raise NoDatabase(f"There is no PostgreSQL on this machine. {NEEDED}")
    return Path(path).parent


class Database:
    """A server whose data are in `folder`, at `port`; its owner signs in with `password`."""

    def __init__(self, folder, port, password):
        self.folder, self.port, self.password = Path(folder), port, password
        self._programs, self._as = programs(), {}
        if os.geteuid() == 0:
            # It refuses to run as root.
            try:
                account = pwd.getpwnam("postgres")
            except KeyError:
                raise NoDatabase("PostgreSQL does not run as root, and there is no account postgres.") from None
            self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def start(self):
        """Start it; the first time, make it. Raises `NoDatabase`."""
        if not (self.folder / "PG_VERSION").exists():
            self._make()
        if self._run("pg_ctl", "-D", self.folder, "status", check=False).returncode == 0:
            # Left over from a start that was cut off.
            self.stop()
        options = f"-p {self.port} -k '' -c listen_addresses=127.0.0.1 -c max_connections=100"
        self._run("pg_ctl", "-D", self.folder, "-l", self.folder / "log", "-w", "-o", options, "start")

    def stop(self):
        """End it, and wait until all is on disk."""
        self._run("pg_ctl", "-D", self.folder, "-m", "fast", "-w", "stop", check=False)

    def kill(self):
        """End it at once, as a power cut does."""
        self._run("pg_ctl", "-D", self.folder, "-m", "immediate", "-w", "stop", check=False)

    def with_databases(self, passwords):
        """A database and a role that owns it for each name; their addresses."""
        with psycopg.connect(self._address("owner", self.password, "postgres"), autocommit=True) as link:
            for name, password in passwords.items():
                role = sql.Identifier(name)
                if not link.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
                    link.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
                link.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(password)))
                if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                    link.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
                    link.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(role))
        return {name: self._address(name, password, name) for name, password in passwords.items()}

    def _address(self, role, password, name):
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{name}"

    def _make(self):
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = self.folder.with_name(f"{self.folder.name}.{time.monotonic_ns()}")
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        if self._as:
            for path in (self.folder, secret):
                os.chown(path, self._as["user"], self._as["group"])
        try:
            self._run(
                "initdb", "-D", self.folder, "-U", "owner", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8",
                "--locale=C.UTF-8",
            )  # fmt: skip
        finally:
            secret.unlink()

    def _run(self, program, *arguments, check=True):
        command = [str(self._programs / program), *map(str, arguments)]
        # A server that pg_ctl starts would keep a pipe open: what is said goes to a file.
        with open(os.devnull, "rb") as nothing:
            said = self.folder.parent / f".{program}.said"
            with said.open("w+b") as out:
                done = subprocess.run(
                    command, stdin=nothing, stdout=out, stderr=out, cwd="/", start_new_session=True, **self._as
                )
                out.seek(0)
                words = out.read().decode("utf-8", "replace").strip()
            said.unlink()
        if check and done.returncode:
            log = self.folder / "log"
            more = log.read_text("utf-8", "replace")[-600:] if program == "pg_ctl" and log.exists() else ""
            raise NoDatabase(f"{program} failed: {words[-600:]}\n{more}".strip())
        return done
