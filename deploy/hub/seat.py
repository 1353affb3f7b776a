"""A learner's own server on this machine: a home of its own, the sealed release in it, and an account that reads no more.

Where the hub runs as root, each server runs under a number of its own instead of a user of the system: it can read
neither the keys nor the database nor anybody else's home. Else all run as whoever started the hub, which is for trying.
"""

import os
import shutil
import sys
from pathlib import Path

from jupyterhub.spawner import SimpleLocalProcessSpawner
from traitlets import Unicode

# Above the numbers that systems give out.
FIRST_ACCOUNT = 70_000
NO_NEWS = '{"fetchNews": "false", "checkForUpdates": false}'
SETTINGS = ".jupyter/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"


def learners_environment(told):
    """What a learner's kernel is told, beside what the hub tells every server."""
    return {
        "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "COURSEKIT_GRADER": f"http://127.0.0.1:{told['HUB_GRADER_PORT']}/services/grader",
        "COURSEKIT_COURSE": told["COURSEKIT_RELEASE"],
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def as_account(number):
    """What a new process does first to be no longer root: take this number for user and group, and no other group."""

    def become():
        os.setgroups([])
        os.setgid(number)
        os.setuid(number)
        os.umask(0o077)

    return become


def put_in_order(home, release, number):
    """Make the home of a learner: the notebooks of the release that are not there yet. What is there stays."""
    notebooks = home / "notebooks"
    notebooks.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = [home, notebooks]
    for path in sorted((release / "notebooks").glob("*.ipynb")):
        if not (notebooks / path.name).exists():
            shutil.copyfile(path, notebooks / path.name)
            fresh.append(notebooks / path.name)
    settings = home / SETTINGS
    if not settings.exists():
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(NO_NEWS)
        fresh += [settings, *[one for one in settings.parents if home in one.parents]]
    home.chmod(0o700)
    if number is not None:
        for path in fresh:
            os.chown(path, number, number, follow_symlinks=False)


class Seat(SimpleLocalProcessSpawner):
    """Starts a learner's server in the learner's own home."""

    release = Unicode(config=True, help="The folder of the sealed release.")

    @property
    def number(self):
        """The account's number; None where the hub is not root and cannot give one."""
        return FIRST_ACCOUNT + self.user.orm_user.id if os.geteuid() == 0 else None

    def make_preexec_fn(self, name):
        """What the new process does before anything else."""
        home, number = Path(self.home_dir), self.number
        become = as_account(number) if number is not None else lambda: None

        def first():
            become()
            os.chdir(home)

        return first

    async def start(self):
        """Start the server."""
        if self.number is None and os.geteuid() == 0:
            raise RuntimeError("a learner's server never runs as root")
        put_in_order(Path(self.home_dir), Path(self.release), self.number)
        return await super().start()

    def user_env(self, env):
        """Home, and nothing in it that belongs to somebody else."""
        return super().user_env(env) | {"LOGNAME": self.user.name, "XDG_DATA_HOME": f"{self.home_dir}/.local/share"}
