"""JupyterHub for a workshop on one machine. start.py sets the HUB_ variables; everything has its place there."""

import os
import sys
from pathlib import Path

from jupyterhub.services import service

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from seat import Seat, learners_environment  # noqa: E402

c = get_config()  # noqa: F821  JupyterHub puts it there
told = os.environ

# The hub and its proxy. To the outside only the proxy listens, on loopback unless HUB_BIND says otherwise.
c.JupyterHub.bind_url = told["HUB_BIND"]
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = int(told["HUB_API_PORT"])
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{told['HUB_PROXY_PORT']}"
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.auth_token = told["HUB_PROXY_SECRET"]
c.JupyterHub.cookie_secret_file = str(Path(told["HUB_PRIVATE"]) / "cookie-secret")
c.JupyterHub.db_url = told["HUB_DATABASE"]

# Who may come in. HUB_SIGN_IN names a file with an authenticator of your own, such as oauth_example.py beside this one.
if told.get("HUB_SIGN_IN"):
    load_subconfig(told["HUB_SIGN_IN"])  # noqa: F821
else:
    c.JupyterHub.authenticator_class = "dummy"
    c.DummyAuthenticator.password = told["HUB_PASSWORD"]
    c.Authenticator.allow_all = True
# Names become folders.
c.Authenticator.username_pattern = r"^[a-z0-9][a-z0-9._@-]{0,63}$"
c.JupyterHub.load_groups = {"instructors": {"users": told["HUB_INSTRUCTORS"].split()}}

# Each learner's own server.
c.JupyterHub.spawner_class = Seat
c.Seat.home_dir_template = str(Path(told["HUB_HOMES"]) / "{username}")
c.Seat.release = told["COURSEKIT_RELEASE"]
# Nothing of the environment of whoever started the hub.
c.Spawner.env_keep = ["LANG", "LC_ALL"]
c.Spawner.cmd = [str(Path(sys.prefix) / "bin" / "jupyterhub-singleuser")]
c.Spawner.environment = learners_environment(told)
c.Spawner.notebook_dir = "~/notebooks"
c.Spawner.args = [
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.extension_manager=readonly",
]
# A start is about ten seconds of work. A class that comes all at once waits longer, which is better than the hub's page
# that says "too many users", which it shows to whoever comes beyond the limit.
c.Spawner.start_timeout = c.Spawner.http_timeout = 300
c.JupyterHub.concurrent_spawn_limit = 20 * (os.cpu_count() or 1)


# The grading service: it alone has the keys and the attempts.
class Watched(service._ServiceSpawner):
    """Looks every other second whether the service still runs; half a minute is long for a class."""

    poll_interval = 2


service._ServiceSpawner = Watched
given = ("RELEASE", "KEYS", "ATTEMPTS", "WORKSHOP", "RATE", "BURST", "TOKEN_SECONDS", "CONNECTIONS")
c.JupyterHub.services = [
    {
        "name": "grader",
        "display": True,
        "url": f"http://127.0.0.1:{told['HUB_GRADER_PORT']}",
        "command": [sys.executable, "-m", "coursekit.service"],
        "cwd": told["HUB_PRIVATE"],
        "oauth_no_confirm": True,
        "environment": {"COURSEKIT_ENDS_WITH_HUB": "yes"}
        | {name: told[name] for name in (f"COURSEKIT_{word}" for word in given) if name in told},
    }
]
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "access:services!service=grader"]},
    # What the token in a learner's kernel may do: say that it lives, and hand in answers.
    {"name": "server", "scopes": ["users:activity!user", "access:servers!server", "access:services!service=grader"]},
]
