"""What the service tells about itself: one JSON line for each event, and figures for Prometheus.

Neither names a learner nor repeats an answer, a reply, a token or an address with something typed into it.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LOG = logging.getLogger("coursekit.service")
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 4)


class _AsJson(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "event": record.getMessage(), "from": record.name}
        line |= getattr(record, "told", {})
        if record.exc_info and record.exc_info[0]:
            # The kind and the place of an error; its words might quote what a learner wrote.
            line["error"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            while trace and trace.tb_next:
                trace = trace.tb_next
            if trace:
                line["in"] = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        return json.dumps(line, ensure_ascii=False)


def start_logging(level: int = logging.INFO) -> None:
    """Send the service's events to standard output; of libraries, only what went wrong."""
    out = logging.StreamHandler(sys.stdout)
    out.setFormatter(_AsJson())
    logging.basicConfig(level=logging.WARNING, handlers=[out], force=True)
    LOG.setLevel(level)
    # They say what they were asked, names and tokens' owners included.
    for name in ("tornado.application", "tornado.general", "tornado.access", "traitlets", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def event(said: str, level: int = logging.INFO, error: BaseException | None = None, **told: object) -> None:
    """Tell of an event. `told` are its details."""
    LOG.log(level, said, extra={"told": told}, exc_info=error)


class Figures:
    """What is counted and timed, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        put = {"registry": self.registry}
        self.requests = Histogram(
            "coursekit_request_seconds", "Time of requests", ["route", "method", "status"], buckets=_BUCKETS, **put
        )
        self.attempts = Counter("coursekit_attempts", "Attempts by what became of them", ["outcome"], **put)
        self.away = Counter("coursekit_away", "Requests that met a service that was away", ["what"], **put)
        self.working = Gauge("coursekit_requests_working", "Requests being worked on", **put)
        self.database_up = Gauge("coursekit_database_up", "Whether the database answered when last asked", **put)
