"""How large a cluster a class needs, from what one learner was measured to take. `python deploy/kubernetes/sizing.py`

Measured on one machine: memory of a learner's server and kernel, and the work of a start. Assumed: what a node gives,
how many pods it takes, and how often a learner submits. Change a figure here, and the table follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

# Measured.
SERVER, KERNEL = 130, 73  # MiB
START = 10.0  # seconds of one core
# Assumed.
NODE_CORES, NODE_MEMORY = 8, 32 * 1024  # MiB
FREE_SHARE = 0.85  # of a node, once the system and the pods of the cluster itself have theirs
PODS = 110  # a node's usual limit
OWN_PODS = 10  # of the cluster itself, on every node
GUARANTEE = 256  # MiB asked for each learner: server, kernel, and a quarter for a second notebook
WORKING = 0.05  # cores of a learner who reads and answers
APART = 60.0  # seconds between two answers of a learner
PACE = 50.0  # answers a second that one pod of the grading service is asked to take; measure yours
CONNECTIONS = 8  # of each pod of the grading service to the database
SIZES = (10, 30, 100, 300, 1_000, 3_000, 10_000)


@dataclass(frozen=True, slots=True)
class Size:
    """What so many learners at once need."""

    learners: int
    a_node: int
    nodes: int
    memory: float
    all_at_once: float
    answers: float
    graders: int
    connections: int


def size(learners: int) -> Size:
    """The cluster for so many learners at once. `memory` is in GiB, `all_at_once` in minutes, `answers` in one second."""
    a_node = min(
        int(NODE_MEMORY * FREE_SHARE / GUARANTEE), PODS - OWN_PODS, int(NODE_CORES * FREE_SHARE / WORKING)
    )  # fmt: skip
    nodes = ceil(learners / a_node)
    answers = learners / APART
    graders = max(2, ceil(answers / PACE))
    return Size(
        learners, a_node, nodes, learners * (SERVER + KERNEL) / 1024,
        learners * START / (nodes * NODE_CORES) / 60, answers, graders, graders * CONNECTIONS,
    )  # fmt: skip


def table() -> str:
    """The sizes as a table in Markdown."""
    heads = (
        "Learners at once",
        "Nodes",
        "Memory they use",
        "All starting at once",
        "Answers a second",
        "Graders",
        "Connections",
    )
    rows = [heads, ("---:",) * len(heads)]
    for one in map(size, SIZES):
        rows.append(
            (f"{one.learners:,}", f"{one.nodes:,}", f"{one.memory:,.0f} GiB", f"{one.all_at_once:.1f} min",
             f"{one.answers:,.1f}", str(one.graders), str(one.connections))
        )  # fmt: skip
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    print(table())
