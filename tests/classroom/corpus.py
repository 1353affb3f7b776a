"""Files that strangers, accidents and attackers hand in, made anew for each run; and what must be said of each.

`REFUSED` are files that give nothing: their rows. `DOUBTED` are read and graded: what is said of their learner.
"""

import hashlib
import io
import json
import os
import pickle
import socket
import stat
import struct
import uuid
import zipfile
from dataclasses import asdict

from coursekit.classroom.submission import MOST_ATTEMPTS, MOST_BYTES, written
from coursekit.model import Attempt

MADE = "2026-10-01T12:00:00.000000+00:00"
HONEST = ("Ada", "Ben", "Chidi", "Zoë")
ANSWERS = (
    ("neck", "complete", "98940 x1, 97124 x1"),
    ("neck", "complete", "98940 x1, 97124 x1 XS"),
    ("pick", "choose", "massage"),
    ("place", "number", "15"),
)


# Good work -----------------------------------------------------------------------------------------------------------


def attempts(who, course):
    """What an honest learner did: the same ids for the same name, on every machine."""
    for n, (exercise, form, answer) in enumerate(ANSWERS):
        id = uuid.uuid5(uuid.NAMESPACE_URL, f"{who}/{n}").hex
        at = f"2026-09-{20 + n}T10:00:00.000000+00:00"
        yield Attempt(
            id, who, course.id, exercise, course.exercise(exercise).fingerprint, form, answer, "sure", 1, 30.5, at
        )


def good(who, course, **more):
    """A submission as the course writes it, in bytes."""
    mine = more.get("attempts") or list(attempts(who, course))
    return ("\n".join(written(who, more.get("of", course.id), "full", mine, MADE)) + "\n").encode()


def rows(who, course):
    """The lines of a good submission as tables, without the chain."""
    mine = [json.loads(line) for line in good(who, course).splitlines()]
    return [{key: value for key, value in row.items() if key != "after"} for row in mine]


def chained(rows, end="\n"):
    """Lines with a clean chain, whatever they hold."""
    link, out = "", []
    for row in rows:
        out.append(json.dumps({**row, "after": link}, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
        link = hashlib.sha256(out[-1].encode("utf-8", "surrogatepass")).hexdigest()
    return (end.join(out) + end).encode("utf-8", "surrogatepass")


def heading(course, /, **more):
    """A good file with another heading and a clean chain."""
    first, *rest = rows("Eve", course)
    return chained([first | more, *rest])


def attempt(course, /, **more):
    """A good file in which the first attempt says something else, with a clean chain."""
    first, second, *rest = rows("Eve", course)
    return chained([first, second | more, *rest])


def raw(course, old, new):
    """A good file with some bytes replaced, chain and all untouched."""
    found = good("Eve", course)
    assert old in found
    return found.replace(old, new, 1)


def line(course, n, text):
    """A good file with one line replaced."""
    lines = good("Eve", course).splitlines()
    lines[n] = text
    return b"\n".join(lines) + b"\n"


# Zip files -----------------------------------------------------------------------------------------------------------


def zipped(members, how=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as bundle:
        for name, data in members:
            bundle.writestr(name, data)
    return out.getvalue()


def linked():
    member = zipfile.ZipInfo("link.coursekit")
    member.create_system, member.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return zipped([(member, "/etc/passwd")])


def patched(data, central, local, write):
    """A zip file of one member with a field of its two headers written over."""
    data, at = bytearray(data), data.index(b"PK\x01\x02")
    write(data, at + central)
    if local is not None:
        write(data, local)
    return bytes(data)


def locked(course):
    def lock(data, at):
        data[at] |= 1

    return patched(zipped([("a.coursekit", good("Eve", course))]), 8, 6, lock)


def lying(course):
    """Says that it unpacks to 10 bytes."""

    def lie(data, at):
        struct.pack_into("<I", data, at, 10)

    return patched(zipped([("a.coursekit", good("Eve", course))]), 24, 22, lie)


def damaged(course):
    data = bytearray(zipped([("a.coursekit", good("Eve", course))]))
    data[60] ^= 0xFF
    return bytes(data)


def overlapping():
    """Twenty entries of one list that all name the same compressed bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("bomb.coursekit", bytes(MOST_BYTES + 1))
        bundle.filelist.extend(bundle.filelist * 19)
    return zipped([("inner.zip", out.getvalue())])


def nested(levels, width=1, bottom=b"x"):
    data = zipped([("bottom.coursekit", bottom)])
    for _ in range(levels - 1):
        data = zipped([(f"{n}.zip", data) for n in range(width)])
    return data


def long_list():
    """A list of more files than any class hands in, without one of them."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    listing = entry * 100_000
    return listing + struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, 100_000 % 65_536, 100_000 % 65_536, len(listing), 0, 0
    )


# What must be said ---------------------------------------------------------------------------------------------------

NOT_OURS = "not a submission: their names end in .coursekit"
NOT_JSON = "line 1 cannot be read: it is not JSON"
KIND = "this is not a submission of this course's kind"
BOM = "line 1 begins with a byte-order mark: an editor saved the file again"
LINK = "a link to another place; links are not followed"
BROKEN = "the chain is broken at line {}: an attempt was changed, dropped or moved"
CUT = "the end is missing: attempts may have been cut off"
FUTURE = "an attempt is dated in the future: a clock was wrong"
PAST = "an attempt is dated before there was this course: a clock was wrong"


def lacks(key, number=2):
    return f"line {number} has no “{key}” as this course writes it"


def refused(course):
    """Files by name: their bytes, and the row for each; a zip file's rows name what is in it."""
    text = good("Eve", course)
    deep = b'{"a":' * 6_000 + b"1" + b"}" * 6_000
    return {
        # No submission at all.
        "empty.coursekit": (b"", "the file is empty"),
        "blank.coursekit": (b" \n\n \n", "the file is empty"),
        "nul.coursekit": (bytes(1000), NOT_JSON),
        "noise.coursekit": (hashlib.shake_256(b"noise").digest(5_000).replace(b"\n", b""), "line 1 is not UTF-8 text"),
        "picture.coursekit": (b"\x89PNG\r\n\x1a\n" + bytes(50), "line 1 is not UTF-8 text"),
        "pickle.coursekit": (pickle.dumps({"format": "coursekit submission"}), "line 1 is not UTF-8 text"),
        "notebook.coursekit": (b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', KIND),
        "notebook.ipynb": (b'{"cells": []}', NOT_OURS),
        "pickle.pkl": (pickle.dumps([1]), NOT_OURS),
        "no_suffix": (text, NOT_OURS),
        "<img src=x onerror=alert(1)>.html": (b"<script>alert(1)</script>", NOT_OURS),
        "=cmd|'C calc'!A1.csv": (b"x", NOT_OURS),
        "yaml_tag.coursekit": (b"!!python/object/apply:os.system ['true']\n", NOT_JSON),
        "yaml_anchor.coursekit": (b"a: &a [x, x]\nb: &b [*a, *a]\n", NOT_JSON),
        "xml.coursekit": (b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>\n', NOT_JSON),
        "list.coursekit": (b"[1, 2, 3]\n", "line 1 holds no keys"),
        "text.coursekit": (b'"text"\n', "line 1 holds no keys"),
        "other_keys.coursekit": (b'{"format": "something else"}\n', KIND),
        # Encodings.
        "utf16.coursekit": (text.decode().encode("utf-16"), BOM),
        "utf16_bare.coursekit": (text.decode().encode("utf-16-le"), NOT_JSON),
        "utf32.coursekit": (text.decode().encode("utf-32"), BOM),
        "bom.coursekit": (b"\xef\xbb\xbf" + text, BOM),
        "latin1.coursekit": (good("Zoë", course).decode().encode("latin-1"), "line 1 is not UTF-8 text"),
        "mixed.coursekit": (line(course, 2, '{"answer":"é"}'.encode("latin-1")), "line 3 is not UTF-8 text"),
        "surrogate_bytes.coursekit": (attempt(course, answer="\ud800"), "line 2 is not UTF-8 text"),
        "surrogate_escape.coursekit": (raw(course, b'"answer":"', b'"answer":"\\ud800'), lacks("answer")),
        # Size, depth and numbers.
        "huge.coursekit": (b"x" * (MOST_BYTES + 1), "the file is larger than 16 MB"),
        "line_ends.coursekit": (b"{}" + b"\n" * (MOST_BYTES - 2), "the file holds more than 20,000 attempts"),
        "many.coursekit": (text + b"{}\n" * MOST_ATTEMPTS, "the file holds more than 20,000 attempts"),
        "long_line.coursekit": (line(course, 1, b'{"answer":"' + b"a" * 40_000 + b'"}'), "line 2 is longer than 32,768 bytes"),
        "deep_lists.coursekit": (line(course, 1, b"[" * 30_000), "line 2 cannot be read: it is not JSON"),
        "deep_tables.coursekit": (line(course, 1, deep[:32_000]), "line 2 is longer than 32,768 bytes") if len(deep) < 32_000
        else (line(course, 1, b'{"a":' * 6_000), "line 2 cannot be read: it is not JSON"),
        "digits.coursekit": (line(course, 1, b'{"hints":' + b"9" * 20_000 + b"}"), "line 2 cannot be read: it is not JSON"),
        "nan.coursekit": (raw(course, b"30.5", b"NaN"), "line 2 cannot be read: NaN is not a number that can be read"),
        "infinity.coursekit": (raw(course, b"30.5", b"-Infinity"), "line 2 cannot be read: -Infinity is not a number that can be read"),
        "exponent.coursekit": (raw(course, b"30.5", b"1e999"), lacks("seconds")),
        "negative.coursekit": (attempt(course, seconds=-1), lacks("seconds")),
        "seconds_true.coursekit": (attempt(course, seconds=True), lacks("seconds")),
        "seconds_text.coursekit": (attempt(course, seconds="30"), lacks("seconds")),
        "hints_huge.coursekit": (attempt(course, hints=10**300), lacks("hints")),
        "hints_half.coursekit": (attempt(course, hints=0.5), lacks("hints")),
        "hints_true.coursekit": (attempt(course, hints=True), lacks("hints")),
        "long_answer.coursekit": (attempt(course, answer="a" * 4_001), lacks("answer")),
        # Keys and values.
        "twice.coursekit": (raw(course, b'"answer":', b'"answer":"x","answer":'), "line 2 cannot be read: a key stands there twice"),
        "key_more.coursekit": (attempt(course, score=1), "line 2 does not hold just the keys of an attempt"),
        "learner_inside.coursekit": (attempt(course, learner="Ada"), "line 2 does not hold just the keys of an attempt"),
        "proto.coursekit": (attempt(course, __proto__={}), "line 2 does not hold just the keys of an attempt"),
        "head_more.coursekit": (heading(course, admin=True), "the heading holds keys that this course does not write"),
        "answer_list.coursekit": (attempt(course, answer=["massage"]), lacks("answer")),
        "answer_nul.coursekit": (attempt(course, answer="mass\0age"), lacks("answer")),
        "id_path.coursekit": (attempt(course, id="../../../../etc/passwd0000000000"), lacks("id")),
        "exercise_path.coursekit": (attempt(course, exercise="../solutions/neck"), lacks("exercise")),
        "exercise_upper.coursekit": (attempt(course, exercise="Neck"), lacks("exercise")),
        "fingerprint.coursekit": (attempt(course, fingerprint="'; DROP TABLE"), lacks("fingerprint")),
        "form.coursekit": (attempt(course, form="__class__"), "line 2 answers a form that does not exist"),
        "when_words.coursekit": (attempt(course, at="yesterday"), lacks("at")),
        "when_zone.coursekit": (attempt(course, at="2026-09-20T10:00:00.000000+09:00"), lacks("at")),
        "when_never.coursekit": (attempt(course, at="2026-02-30T10:00:00.000000+00:00"), "line 2 names a moment that no calendar has"),
        "version.coursekit": (heading(course, version=2), "it was made by another version of the course; update the one that grades"),
        "other_course.coursekit": (good("Eve", course, of="anatomy-101"), "work for another course: anatomy-101"),
        "course_path.coursekit": (heading(course, course="../small"), lacks("course", 1)),
        "release_markup.coursekit": (heading(course, release="<b>"), lacks("release", 1)),
        "name_number.coursekit": (heading(course, learner=7), lacks("learner", 1)),
        "name_long.coursekit": (heading(course, learner="n" * 81), lacks("learner", 1)),
        "name_turned.coursekit": (heading(course, learner="\u202eadA"), "the learner's name holds characters that cannot be shown"),
        "name_control.coursekit": (heading(course, learner="A\x1b]0;x\x07"), "the learner's name holds characters that cannot be shown"),
        "after_end.coursekit": (text + b"{}\n", "line 7 stands after the end"),
        "two_files.coursekit": (text + text, "line 7 stands after the end"),
        "gap.coursekit": (line(course, 2, b""), "line 3 cannot be read: it is not JSON"),
        # Zip files.
        "empty.zip": (b"", "this is not a zip file, or it is damaged"),
        "text.zip": (text, "this is not a zip file, or it is damaged"),
        "cut.zip": (zipped([("a.coursekit", text)])[:-30], "this is not a zip file, or it is damaged"),
        "long_list.zip": (long_list(), "the zip file's own list of files is longer than 4,096 KB"),
        "locked.zip": (locked(course), [("a.coursekit", "it is locked with a password")]),
        "lying.zip": (lying(course), [("a.coursekit", "it is damaged and cannot be unpacked")]),
        "damaged.zip": (damaged(course), [("a.coursekit", "it is damaged and cannot be unpacked")]),
        "lzma.zip": (zipped([("a.coursekit", text)], zipfile.ZIP_LZMA),
                     [("a.coursekit", "it is packed in a way that is not read here: pack it as a plain zip file")]),
        "link.zip": (linked(), [("link.coursekit", LINK)]),
        "bomb.zip": (zipped([("a.coursekit", bytes(64 * 2**20))]), [("a.coursekit", "unpacked it would be larger than 16 MB")]),
        "nested_bomb.zip": (zipped([("a.zip", zipped([("b.bin", bytes(65 * 2**20))], zipfile.ZIP_STORED))]),
                            [("a.zip", "unpacked it would be larger than 64 MB")]),
        "overlapping.zip": (overlapping(), [
            *[("inner.zip/bomb.coursekit", "unpacked it would be larger than 16 MB")] * 3,
            ("inner.zip", "it holds too much: more than 10,000 files, or 64 MB unpacked: the rest was not looked at")]),
        "forty_two.zip": (nested(5, 2, bytes(MOST_BYTES)),
                          [(f"{a}.zip/{b}.zip/{c}.zip", "zip files are nested more than 3 deep") for a in range(2) for b in range(2) for c in range(2)]),
        "bytecode.zip": (zipped([("__init__.pyc", b"x"), ("setup.py", b"raise SystemExit")]),
                         [("__init__.pyc", NOT_OURS), ("setup.py", NOT_OURS)]),
        "names.zip": (zipped([("../../up.coursekit", b"{"), ("/etc/up.coursekit", b"{"), ("C:\\up.coursekit", b"{"),
                              ("\\\\host\\up.coursekit", b"{"), ("a\x1b[2J.coursekit", b"{")]),
                      [(name, NOT_JSON) for name in ("../../up.coursekit", "/etc/up.coursekit", "C:/up.coursekit",
                                                     "//host/up.coursekit", "a�[2J.coursekit")]),
    }  # fmt: skip


def doubted(course):
    """Files that are read and graded: their learner, their bytes, what is said of them, and how many tries count."""

    def mine(who):
        return good(who, course).splitlines()

    def joined(lines):
        return b"\n".join(lines) + b"\n"

    def dated(who, at):
        first, second, *rest = rows(who, course)
        return chained([first, *rest[:-1], second | {"at": at}, rest[-1]])

    edited = good("Edited", course).replace(b"97124 x1 XS", b"97140 x1 XS")
    a, b = mine("Swapped"), mine("Dropped")
    doubled = rows("Doubled", course)
    doubled = chained([*doubled[:2], doubled[1], *doubled[2:-1], {"end": 5}])
    return {
        "swapped": ("Swapped", joined([a[0], a[2], a[1], *a[3:]]),
                    [BROKEN.format(2), "attempts are not in the order of their times"], 4),
        "dropped": ("Dropped", joined([*b[:2], *b[3:]]), [BROKEN.format(3)], 3),
        "edited": ("Edited", edited, [BROKEN.format(4)], 4),
        "renamed": ("Renamed", good("Before", course).replace(b"Before", b"Renamed"), [BROKEN.format(2)], 4),
        "doubled": ("Doubled", doubled, ["one attempt stands in it twice"], 4),
        "cut_line": ("Cut line", joined(mine("Cut line")[:3]), [CUT], 2),
        "cut_end": ("Cut end", good("Cut end", course).rstrip(b"\n"), [CUT], 4),
        "count": ("Count", chained([*rows("Count", course)[:-1], {"end": 3}]), [BROKEN.format(6)], 4),
        "end_spaced": ("End spaced", good("End spaced", course)[:-1] + b" \n", [BROKEN.format(6)], 4),
        "crlf": ("Windows", good("Windows", course).replace(b"\n", b"\r\n"),
                 ["its line ends were changed on the way, by an editor or a mail program"], 4),
        "future": ("Future", dated("Future", "2999-01-01T00:00:00.000000+00:00"), [FUTURE], 4),
        "past": ("Past", dated("Past", "1970-01-01T00:00:00.000000+00:00"),
                 [PAST, "attempts are not in the order of their times"], 4),
        # Clean chains: nothing is said by the file, all the more is escaped.
        "forged": ("Forged", chained(rows("Forged", course)), [], 4),
        "formula": ("=HYPERLINK(\"http://x\")", good("=HYPERLINK(\"http://x\")", course), [], 4),
        "script": ("<script>alert(1)</script>", good("<script>alert(1)</script>", course), [], 4),
        "hebrew": ("שרה לוי", good("שרה לוי", course), [], 4),
        "path": ("../../etc/passwd", good("../../etc/passwd", course), [], 4),
        "nobody": ("", good("", course), [], 4),
    }  # fmt: skip


# On disk -------------------------------------------------------------------------------------------------------------


def write(folder, course):
    """Write everything into a folder, good work between it; give back the rows and the doubts that must come of it."""
    said = {}
    for name, (data, says) in refused(course).items():
        (folder / name).write_bytes(data)
        for file, why in [("", says)] if isinstance(says, str) else says:
            said.setdefault(f"{name}/{file}".rstrip("/"), []).append(why)
    doubts = {}
    for name, (who, data, says, _) in doubted(course).items():
        (folder / f"{name}.coursekit").write_bytes(data)
        doubts[who or "(no name)"] = sorted(f"{name}.coursekit: {one}" for one in says)
    said |= _odd_things(folder)
    for n, who in enumerate(HONEST):
        place = folder / ("m" * n) / who
        place.mkdir(parents=True)
        (place / "work.COURSEKIT").write_bytes(good(who, course))
    return said, doubts


def _odd_things(folder):
    """What is no file, or none that may be followed or opened."""
    os.mkfifo(folder / "pipe.coursekit")
    with socket.socket(socket.AF_UNIX) as door:
        here = os.getcwd()
        os.chdir(folder)  # the path of a socket may be 100 bytes long
        door.bind("door.coursekit")
        os.chdir(here)
    (folder / "folder.coursekit").mkdir()
    (folder / "link.coursekit").symlink_to("/etc/passwd")
    (folder / "loop").symlink_to(folder)
    (folder / "dangling.coursekit").symlink_to("nowhere")
    deep = folder.joinpath(*["d"] * 60)
    deep.mkdir(parents=True)
    (folder / os.fsdecode(b"bytes-\xff\n.coursekit")).write_bytes(b"{")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "x.coursekit").write_bytes(b"{")
    (folder / "._a.coursekit").write_bytes(b"{")
    return {
        "pipe.coursekit": ["neither a file nor a folder"],
        "door.coursekit": ["neither a file nor a folder"],
        "folder.coursekit": ["a folder with the name of a submission; what is in it was looked at"],
        "link.coursekit": [LINK],
        "loop": [LINK],
        "dangling.coursekit": [LINK],
        "/".join(["d"] * 41): ["folders are nested more than 40 deep: this one was not looked at"],
        "bytes-��.coursekit": [NOT_JSON],
    }


def as_rows(marks):
    """Marks as plain tables, to compare."""
    return [asdict(mark) for mark in marks]
