"""Questions as QTI 2.1: a content package, one item for each question.

Options and likely numbers bring their own feedback; what belongs to cards and steps is told after the answer. A
selection, a matching and a number are marked as in the course; an order is right or not, as QTI marks it.
"""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator, Sequence

from ..model import Unreadable
from .markup import paragraphs, stem_html, text_of
from .qti_model import QTI, faults
from .questions import CHOOSE, MATCH, NUMBER, ORDER, SELECT, LeftOut, Question, Seen, plain, stem_text, told_after

SUFFIX = ".zip"

_IMSCP = "http://www.imsglobal.org/xsd/imscp_v1p1"
# Zip files hold no date before this one; the same questions give the same bytes.
_NO_DATE = (1980, 1, 1, 0, 0, 0)
WHY = "why"


def fits(question: Question) -> LeftOut | None:
    """QTI holds every question."""
    return None


def _tag(name: str) -> str:
    return f"{{{QTI}}}{name}"


def _put(to: ET.Element, tag: str, text: str = "", **attributes: object) -> ET.Element:
    new = ET.SubElement(to, tag, {key: str(value) for key, value in attributes.items()})
    new.text = text or None
    return new


def _html(to: ET.Element, html: str) -> ET.Element:
    to.extend(ET.fromstring(f"<div>{html}</div>"))
    return to


def _id(id: str) -> str:
    """The course's ids are short words, and some start with a digit."""
    return f"c_{id}"


def _response(item: ET.Element, question: Question) -> None:
    kind, options = question.kind, question.options
    shape = {CHOOSE: "single", SELECT: "multiple", MATCH: "multiple", ORDER: "ordered", NUMBER: "single"}[kind]
    base = {MATCH: "directedPair", NUMBER: "float"}.get(kind, "identifier")
    declared = _put(item, "responseDeclaration", identifier="RESPONSE", cardinality=shape, baseType=base)
    key = _put(declared, "correctResponse")
    if question.number:
        _put(key, "value", f"{question.number.right:.10g}")
        return
    values = {_value(question, option): option for option in options if option.right}
    for value in values:
        _put(key, "value", value)
    if kind in (SELECT, MATCH):
        table = _put(declared, "mapping", lowerBound="0", upperBound="1", defaultValue="0")
        wrong = sum(option.right is False for option in options)
        for value in values:
            _put(table, "mapEntry", mapKey=value, mappedValue=f"{1 / len(values):.9f}")
        for option in options:
            if option.right is False:
                _put(table, "mapEntry", mapKey=_id(option.id), mappedValue=f"{-1 / wrong:.9f}")


def _value(question: Question, option: object) -> str:
    if question.kind != MATCH:
        return _id(option.id)
    return f"{_id(option.id)} {_target(question, option.place)}"


def _target(question: Question, place: str) -> str:
    """Targets are numbered, as their own names may hold blanks."""
    return f"t_{[id for id, _ in question.targets].index(place) + 1}"


def _body(item: ET.Element, question: Question) -> None:
    body = _html(_put(item, "itemBody"), stem_html(question, ask=False))
    if question.number:
        asked = _put(body, "p", f"{question.ask} ")
        _put(asked, "textEntryInteraction", responseIdentifier="RESPONSE", expectedLength=12)
        return
    # Pieces of a note are read in its order.
    mixed = {"responseIdentifier": "RESPONSE", "shuffle": "false" if question.form == "support" else "true"}
    if question.kind == MATCH:
        asked = _put(body, "matchInteraction", **mixed, maxAssociations=len(question.options))
        _put(asked, "prompt", question.ask)
        rows, places = _put(asked, "simpleMatchSet"), _put(asked, "simpleMatchSet")
        for option in question.options:
            _put(rows, "simpleAssociableChoice", option.text, identifier=_id(option.id), matchMax=1)
        for id, text in question.targets:
            _put(
                places, "simpleAssociableChoice", text, identifier=_target(question, id), matchMax=len(question.options)
            )
        return
    if question.kind == ORDER:
        asked = _put(body, "orderInteraction", **mixed)
    else:
        asked = _put(body, "choiceInteraction", **mixed, maxChoices=int(question.kind == CHOOSE))
    _put(asked, "prompt", question.ask)
    for option in question.options:
        _put(asked, "simpleChoice", option.text, identifier=_id(option.id))


def _processing(item: ET.Element, question: Question) -> None:
    rules = _put(item, "responseProcessing")
    if number := question.number:
        _number_rules(rules, number)
    elif question.kind in (SELECT, MATCH):
        # An empty answer maps to nothing at all.
        when = _put(rules, "responseCondition")
        _put(_put(_put(when, "responseIf"), "isNull"), "variable", identifier="RESPONSE")
        _put(
            _put(_put(when, "responseElse"), "setOutcomeValue", identifier="SCORE"),
            "mapResponse",
            identifier="RESPONSE",
        )
    else:
        when = _put(_put(rules, "responseCondition"), "responseIf")
        same = _put(when, "match")
        _put(same, "variable", identifier="RESPONSE")
        _put(same, "correct", identifier="RESPONSE")
        _put(_put(when, "setOutcomeValue", identifier="SCORE"), "baseValue", "1", baseType="float")
    if question.kind in (CHOOSE, SELECT):
        _put(_put(rules, "setOutcomeValue", identifier="FEEDBACK"), "variable", identifier="RESPONSE")
    _put(_put(rules, "setOutcomeValue", identifier="WHY"), "baseValue", WHY, baseType="identifier")


def _number_rules(rules: ET.Element, number: object) -> None:
    """The right number scores; each likely one is told apart."""
    when = _put(rules, "responseCondition")
    known = [
        (number.right, number.tolerance, "right"),
        *((v, 0.0, f"likely_{n}") for n, (v, _) in enumerate(number.likely, 1)),
    ]
    for n, (value, tolerance, id) in enumerate(known):
        branch = _put(when, "responseElseIf" if n else "responseIf")
        same = _put(
            branch, "equal", toleranceMode="absolute", tolerance=f"{tolerance + 1e-9:.10g} {tolerance + 1e-9:.10g}"
        )
        # QTI counts the tolerance from its first value.
        _put(same, "baseValue", f"{value:.10g}", baseType="float")
        _put(same, "variable", identifier="RESPONSE")
        if id == "right":
            _put(_put(branch, "setOutcomeValue", identifier="SCORE"), "baseValue", "1", baseType="float")
        _put(_put(branch, "setOutcomeValue", identifier="FEEDBACK"), "baseValue", id, baseType="identifier")


def _feedback(question: Question) -> Iterator[tuple[str, str]]:
    if number := question.number:
        yield "right", number.says
        yield from ((f"likely_{n}", says) for n, (_, says) in enumerate(number.likely, 1))
    elif question.kind in (CHOOSE, SELECT):
        yield from ((_id(option.id), option.says) for option in question.options)
    if after := "\n\n".join(told_after(question)):
        yield WHY, after


def item_of(question: Question) -> bytes:
    """The item of a question, as XML. Raises `Unreadable` where QTI would not take it."""
    about = {"identifier": question.id, "title": question.title, "adaptive": "false", "timeDependent": "false"}
    item = ET.Element("assessmentItem", {"xmlns": QTI, **about})
    _response(item, question)
    score = _put(
        item, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float", normalMaximum=1
    )
    _put(_put(score, "defaultValue"), "value", "0")
    # Two outcomes, as some players cannot put one identifier and a whole answer together.
    many = "multiple" if question.kind == SELECT else "single"
    _put(item, "outcomeDeclaration", identifier="FEEDBACK", cardinality=many, baseType="identifier")
    _put(item, "outcomeDeclaration", identifier="WHY", cardinality="single", baseType="identifier")
    _body(item, question)
    _processing(item, question)
    for id, says in _feedback(question):
        of = "WHY" if id == WHY else "FEEDBACK"
        shown = _put(item, "modalFeedback", outcomeIdentifier=of, identifier=id, showHide="show")
        _html(shown, paragraphs([says]))
    xml = ET.tostring(item, encoding="utf-8", xml_declaration=True)
    if wrong := faults(ET.fromstring(xml)):
        raise Unreadable(f"{question.id}: QTI 2.1 would not take this question: {'; '.join(wrong[:3])}.")
    return xml


def _manifest(questions: Sequence[Question], course: str) -> bytes:
    manifest = ET.Element("manifest", {"xmlns": _IMSCP, "identifier": f"m_{course}"})
    about = ET.SubElement(manifest, "metadata")
    ET.SubElement(about, "schema").text = "QTIv2.1 Package"
    ET.SubElement(about, "schemaversion").text = "1.0.0"
    ET.SubElement(manifest, "organizations")
    resources = ET.SubElement(manifest, "resources")
    for one in questions:
        path = f"items/{one.id}.xml"
        held = {"identifier": one.id, "type": "imsqti_item_xmlv2p1", "href": path}
        ET.SubElement(ET.SubElement(resources, "resource", held), "file", href=path)
    return ET.tostring(manifest, encoding="utf-8", xml_declaration=True)


def write(questions: Sequence[Question], course: str) -> bytes:
    """The package as a zip. Raises `Unreadable` where QTI would not take a question."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(zipfile.ZipInfo("imsmanifest.xml", _NO_DATE), _manifest(questions, course))
        for one in questions:
            package.writestr(zipfile.ZipInfo(f"items/{one.id}.xml", _NO_DATE), item_of(one), zipfile.ZIP_DEFLATED)
    return out.getvalue()


# Reading -------------------------------------------------------------------------------------------------------------


def _words(element: ET.Element | None) -> str:
    return text_of(ET.tostring(element, encoding="unicode")) if element is not None else ""


def _read_item(item: ET.Element) -> Seen:
    response, body = item.find(_tag("responseDeclaration")), item.find(_tag("itemBody"))
    asked = next(one for one in body.iter() if one.tag.endswith("Interaction"))
    kind = asked.tag.removeprefix(_tag("")).removesuffix("Interaction")
    right = [value.text or "" for value in response.iter(_tag("value"))]
    weights = {e.get("mapKey"): float(e.get("mappedValue")) for e in response.iter(_tag("mapEntry"))}
    texts = {one.get("identifier"): _words(one) for one in asked.iter() if one.get("identifier")}
    if kind == "match":
        marks = [(texts[row], texts[place]) for row, place in map(str.split, right)]
        marks += [("", text) for id, text in texts.items() if id.startswith("t_") and text not in dict(marks).values()]
    elif kind == "order":
        marks = [(texts[id], str(n)) for n, id in enumerate(right, 1)]
    elif kind == "textEntry":
        marks = [(right[0], "yes")]
    elif weights:
        marks = [(text, {1: "yes", -1: "no", 0: "neither"}[_sign(weights.get(id, 0))]) for id, text in texts.items()]
    else:
        marks = [(text, "yes" if id in right else "no") for id, text in texts.items()]
    kinds = {"choice": SELECT if weights else CHOOSE, "textEntry": NUMBER}
    said = tuple(_words(one) for one in item.findall(_tag("modalFeedback")))
    stem = plain(" ".join(_words(block) for block in body if not block.tag.endswith("Interaction")))
    stem = plain(f"{stem} {_words(asked.find(_tag('prompt')))}")
    return Seen(item.get("identifier"), kinds.get(kind, kind), stem, tuple(marks), said)


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def read(data: bytes) -> list[Seen]:
    """What a reader of the package sees. Raises `Unreadable` for an item that QTI would not take."""
    seen = []
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        manifest = ET.fromstring(package.read("imsmanifest.xml"))
        for resource in manifest.iter(f"{{{_IMSCP}}}resource"):
            item = ET.fromstring(package.read(resource.get("href")))
            if wrong := faults(item):
                raise Unreadable(f"{resource.get('identifier')}: {'; '.join(wrong[:3])}.")
            seen.append(_read_item(item))
    return seen


def meant(question: Question) -> list[Seen]:
    """What a reader of the package must see."""
    texts = dict(question.targets)
    if number := question.number:
        marks = [(f"{number.right:.10g}", "yes")]
    elif question.kind == MATCH:
        used = {option.place for option in question.options}
        marks = [(plain(option.text), plain(texts[option.place])) for option in question.options]
        marks += [("", plain(text)) for id, text in question.targets if id not in used]
    elif question.kind == ORDER:
        marks = [(plain(option.text), str(n)) for n, option in enumerate(question.options, 1)]
    else:
        word = {True: "yes", False: "no", None: "neither"}
        marks = [(plain(option.text), word[option.right]) for option in question.options]
    said = tuple(plain(says) for _, says in _feedback(question))
    return [Seen(question.id, question.kind, stem_text(question), tuple(marks), said)]
