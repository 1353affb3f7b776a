"""Runs the service: beneath a hub, at the address that the hub names; else on loopback, port 8003."""

from __future__ import annotations

import asyncio
import os
import sys
from urllib.parse import urlsplit

import uvicorn

from ..model import Unreadable
from .app import made
from .settings import Settings
from .telemetry import event, start_logging

GRACE = 5  # seconds for requests that are being answered
LOOK = 0.5  # seconds between looks at whether the hub still lives


async def serve(settings: Settings) -> None:
    """Serve until a signal comes, or the hub that started us is gone: the next hub starts a service of its own."""
    place = urlsplit(os.environ.get("JUPYTERHUB_SERVICE_URL") or "http://127.0.0.1:8003")
    config = uvicorn.Config(
        made(settings), host=place.hostname or "127.0.0.1", port=place.port or 8003, log_config=None, access_log=False,
        server_header=False, timeout_graceful_shutdown=GRACE, timeout_keep_alive=20, backlog=1024, limit_concurrency=1000,
    )  # fmt: skip
    server = uvicorn.Server(config)
    if os.environ.get("JUPYTERHUB_SERVICE_NAME") and os.environ.get("COURSEKIT_ENDS_WITH_HUB"):
        asyncio.get_running_loop().create_task(_end_with(os.getppid(), server))
    await server.serve()


async def _end_with(parent: int, server: uvicorn.Server) -> None:
    while os.getppid() == parent:
        await asyncio.sleep(LOOK)
    event("the hub is gone")
    server.should_exit = True


def main() -> int:
    """Run; the exit status."""
    start_logging()
    try:
        asyncio.run(serve(Settings.of()))
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
