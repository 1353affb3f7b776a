"""A PostgreSQL database for a class: the table, and roles under which nobody reads or changes what others answered.

Two ways: the database's own users, one for each learner, who write and read only their own rows; or one writer role
that everybody shares, which can add rows and read none. Attempts are never changed or deleted by a learner.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..model import Unreadable
from ..store import Store

LEARNERS = "coursekit_learners"
_ROLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.@-]{0,62}")


def _quoted(name: str) -> str:
    """A role's name as SQL writes it. Raises `Unreadable` for one that is none."""
    if not _ROLE.fullmatch(name):
        raise Unreadable(f"“{name[:70]}” cannot be a role: letters, digits, _ . @ and -, a letter first, 63 at most.")
    return f'"{name}"'


def prepare(url: str, course_id: str, writer: str = "", learners: Sequence[str] = ()) -> list[str]:
    """Make the table and the rules for it; give back what was done, a sentence each.

    Run it as the role that owns the database. The roles themselves exist already: passwords are the administrator's.
    Raises `Unreadable` for another kind of database and `StoreTrouble` for a server's refusal.
    """
    if not url.startswith("postgresql"):
        raise Unreadable("A class needs PostgreSQL: name it as postgresql+psycopg://USER:PASSWORD@HOST/DATABASE.")
    done = ["The table of attempts is there, with its version."]
    statements = [
        f"DO $$ BEGIN CREATE ROLE {LEARNERS} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        "REVOKE ALL ON attempts, coursekit_meta FROM PUBLIC",
        "ALTER TABLE attempts ENABLE ROW LEVEL SECURITY",
        "DROP POLICY IF EXISTS own_rows ON attempts",
        f"CREATE POLICY own_rows ON attempts TO {LEARNERS} USING (learner = current_user) WITH CHECK (learner = current_user)",
        f"GRANT SELECT, INSERT ON attempts TO {LEARNERS}",
        f"GRANT SELECT ON coursekit_meta TO {LEARNERS}",
    ]
    for name in learners:
        statements.append(f"GRANT {LEARNERS} TO {_quoted(name)}")
        done.append(f"{name} writes and reads the rows of {name}, and no others.")
    if writer:
        role = _quoted(writer)
        statements += [
            "DROP POLICY IF EXISTS written_by_all ON attempts",
            f"CREATE POLICY written_by_all ON attempts FOR INSERT TO {role} WITH CHECK (true)",
            f"GRANT INSERT ON attempts TO {role}",
            f"GRANT SELECT ON coursekit_meta TO {role}",
        ]
        done.append(f"{writer} adds rows for everybody, and reads none.")
    Store(url, course_id).administer(statements)
    return done
