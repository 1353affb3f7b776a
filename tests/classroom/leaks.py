"""Looks for the words of solutions in files, however they are packed: plain, escaped, base64, hex, compressed, zipped."""

import base64
import gzip
import html
import io
import json
import re
import zipfile
import zlib

import yaml

TOLD = ("says", "why", "thinking")
SHORTEST = 30
# Every needle is looked for by its first bytes, so one walk over a file finds thousands of them.
PROBE = 24
DEEPEST = 4


def told(node, inside=False):
    """Every text of feedback or reasoning in a solution, wherever it stands."""
    if isinstance(node, str):
        if inside:
            yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from told(value, key in TOLD or inside and isinstance(value, dict | list))
    elif isinstance(node, list):
        for value in node:
            yield from told(value, inside)


def sentences(text):
    """The sentences of a text, and the whole of it, as far as they are long enough to be nobody else's."""
    whole = " ".join(text.split())
    return {said for said in [whole, *re.split(r"(?<=[.!?])\s+", whole)] if len(said) >= SHORTEST}


def secrets(solutions):
    """All sentences of feedback and reasoning of a folder of solutions."""
    found = set()
    for path in sorted(solutions.rglob("*.yaml")):
        for text in told(yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)):
            found |= sentences(text)
    return found


def _base64(data, alignment):
    """How bytes look inside base64 when so many bytes stand before them: without the ends that neighbors change."""
    coded = base64.b64encode(b"\0" * alignment + data)
    return coded[-(-alignment * 8 // 6) : len(coded) // 4 * 4 - 4]


def needles(sentence):
    """Every way in which a sentence may stand in a file."""
    coded = {json.dumps(sentence)[1:-1], json.dumps(sentence, ensure_ascii=False)[1:-1]}
    # A form's state is JSON inside the JSON of a message.
    coded |= {json.dumps(text, ensure_ascii=False)[1:-1] for text in coded}
    for text in {sentence, html.escape(sentence), *coded}:
        yield text.encode()
    for data in (sentence.encode(), sentence.encode("utf-16-le")):
        yield from (data.hex().encode(), data.hex().upper().encode())
        yield from (_base64(data, alignment) for alignment in range(3))


def _streams(data):
    """What decompresses, from wherever in the bytes a stream of zlib or gzip may begin."""
    for start in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", data):
        try:
            # 47 bits of window: the header says which of the two it is.
            yield zlib.decompressobj(47).decompress(data[start.start() :], 2**24)
        except zlib.error:
            continue


def layers(data, depth=0):
    """The bytes, and all that can be unpacked from them."""
    yield data
    if depth == DEEPEST:
        return
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            yield bundle.comment
            for one in bundle.infolist():
                yield one.filename.encode() + one.comment + one.extra
                yield from layers(bundle.read(one), depth + 1)
        return
    for inner in _streams(data):
        if inner:
            yield from layers(inner, depth + 1)
    for run in re.findall(rb"[A-Za-z0-9+/_-]{64,}={0,2}", data):
        plain = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        decoded = base64.b64decode(plain[: len(plain) // 4 * 4])
        # Sentences in base64 are found as they are; what is left is something compressed before it was coded.
        for inner in _streams(decoded):
            if inner:
                yield from layers(inner, depth + 1)


def leaked(words, blobs):
    """The sentences that stand in any of the files."""
    probes = {}
    for sentence in words:
        for needle in needles(sentence):
            probes.setdefault(needle[:PROBE], []).append((needle, sentence))
    found, seen = set(), set()
    for blob in blobs:
        for layer in layers(blob):
            # Words run over line ends, and so does base64.
            for hay in (layer, b" ".join(layer.split()), b"".join(layer.split())):
                if hash(hay) in seen:
                    continue
                seen.add(hash(hay))
                for at in range(len(hay) - PROBE + 1):
                    for needle, sentence in probes.get(hay[at : at + PROBE], ()):
                        if hay.startswith(needle, at):
                            found.add(sentence)
    return found


def planted(sentence):
    """Files that hold a sentence, one for each way to hide it, by name."""
    data = b"before it " + sentence.encode() + b" and after"
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as inside:
        inside.writestr("deep/inside.txt", data)
    cell = {"cells": [{"outputs": [{"text": [f"“{sentence}”\n"]}]}]}
    wrapped = sentence.replace(" ", "\n      ", 4)
    return {
        "plain": data,
        "over several lines": wrapped.encode(),
        "in a notebook": json.dumps(cell).encode(),
        "in a form": json.dumps({"state": json.dumps({"says": f"“{sentence}”\n"})}).encode(),
        "in HTML": html.escape(f"<p>{sentence}</p>").encode(),
        **{f"base64 after {n} bytes": base64.b64encode(b"x" * n + data) for n in range(3)},
        "base64 in lines": base64.encodebytes(data),
        "hex": data.hex().encode(),
        "HEX": data.hex().upper().encode(),
        "zlib": b"head" + zlib.compress(data),
        "gzip": b"head" + gzip.compress(data, mtime=0),
        "deflated in a zip": bundle.getvalue(),
        "zip in a gzip": gzip.compress(bundle.getvalue(), mtime=0),
        "zlib in base64": b'{"x": "' + base64.b64encode(zlib.compress(data * 3)) + b'"}',
        "UTF-16 in base64": base64.b64encode(sentence.encode("utf-16-le")),
    }
