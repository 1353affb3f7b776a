"""What QTI 2.1 allows of the elements that an export uses: attributes, and children in their order.

The schema itself may not be handed on with a program that did not register for it, so its rules for these elements are
written down here, each as a pattern over the names of the children. What is not in the table is not written.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"

_TEXT = "(p|pre|blockquote|div|ul|ol) "
_WORDS = "(strong|em|br|span|textEntryInteraction) "
_RULES = "(responseCondition|setOutcomeValue) "
_VALUE = "(variable|baseValue|mapResponse|match|equal|correct|isNull) "

# Element: attributes that it must have, attributes that it may have, and its children.
ALLOWED: dict[str, tuple[str, str, str]] = {
    "assessmentItem": (
        "identifier title adaptive timeDependent", "label toolName toolVersion",
        "(responseDeclaration )*(outcomeDeclaration )*(itemBody )?(responseProcessing )?(modalFeedback )*",
    ),
    "responseDeclaration": ("identifier cardinality baseType", "", "(correctResponse )?(mapping )?"),
    "correctResponse": ("", "", "(value )+"),
    "mapping": ("defaultValue", "lowerBound upperBound", "(mapEntry )+"),
    "mapEntry": ("mapKey mappedValue", "", ""),
    "outcomeDeclaration": ("identifier cardinality baseType", "normalMaximum normalMinimum", "(defaultValue )?"),
    "defaultValue": ("", "", "(value )+"),
    "value": ("", "", ""),
    "itemBody": ("", "", f"({_TEXT}|(choiceInteraction|matchInteraction|orderInteraction) )+"),
    "div": ("", "class", f"({_TEXT}|{_WORDS})*"),
    "blockquote": ("", "", f"({_TEXT})+"),
    "p": ("", "", f"({_WORDS})*"),
    "pre": ("", "", f"({_WORDS})*"),
    "strong": ("", "", ""),
    "br": ("", "", ""),
    "prompt": ("", "", f"({_WORDS})*"),
    "choiceInteraction": ("responseIdentifier shuffle maxChoices", "", "(prompt )?(simpleChoice )+"),
    "orderInteraction": ("responseIdentifier shuffle", "", "(prompt )?(simpleChoice )+"),
    "simpleChoice": ("identifier", "fixed", f"({_TEXT}|{_WORDS})*"),
    "matchInteraction": ("responseIdentifier shuffle maxAssociations", "", "(prompt )?simpleMatchSet simpleMatchSet "),
    "simpleMatchSet": ("", "", "(simpleAssociableChoice )*"),
    "simpleAssociableChoice": ("identifier matchMax", "fixed", f"({_TEXT}|{_WORDS})*"),
    "textEntryInteraction": ("responseIdentifier", "expectedLength", ""),
    "responseProcessing": ("", "", f"({_RULES})*"),
    "responseCondition": ("", "", "responseIf (responseElseIf )*(responseElse )?"),
    "responseIf": ("", "", f"{_VALUE}({_RULES})*"),
    "responseElseIf": ("", "", f"{_VALUE}({_RULES})*"),
    "responseElse": ("", "", f"({_RULES})*"),
    "setOutcomeValue": ("identifier", "", _VALUE),
    "variable": ("identifier", "", ""),
    "correct": ("identifier", "", ""),
    "mapResponse": ("identifier", "", ""),
    "baseValue": ("baseType", "", ""),
    "isNull": ("", "", "variable "),
    "match": ("", "", _VALUE * 2),
    "equal": ("toleranceMode", "tolerance", _VALUE * 2),
    "modalFeedback": ("outcomeIdentifier identifier showHide", "title", f"({_TEXT}|{_WORDS})*"),
}  # fmt: skip

_ID = re.compile(r"[A-Za-z_][\w.-]*")
_IDS = ("identifier", "responseIdentifier", "outcomeIdentifier")
# Elements that hold text of their own.
_SAYS = {"p", "pre", "strong", "prompt", "simpleChoice", "simpleAssociableChoice", "value", "baseValue", "div"}


def _name(element: ET.Element) -> str:
    return element.tag.removeprefix(f"{{{QTI}}}")


def _of_element(element: ET.Element) -> Iterator[str]:
    name = _name(element)
    if name not in ALLOWED:
        yield f"<{name}> is not an element that an export writes"
        return
    must, may, children = ALLOWED[name]
    for attribute in must.split():
        if attribute not in element.attrib:
            yield f"<{name}> lacks its {attribute}"
    for attribute, value in element.attrib.items():
        if attribute not in (*must.split(), *may.split()) and not attribute.startswith("{"):
            yield f"<{name}> has no attribute {attribute}"
        if attribute in _IDS and not _ID.fullmatch(value):
            yield f"“{value}” is not an identifier"
    if not re.fullmatch(children, "".join(f"{_name(child)} " for child in element)):
        yield f"<{name}> holds its children in an order that QTI does not know: {[_name(child) for child in element]}"
    if name not in _SAYS and any((text or "").strip() for text in (element.text, *(child.tail for child in element))):
        yield f"<{name}> holds text of its own"


def faults(item: ET.Element) -> list[str]:
    """All that is wrong with an item; nothing for a good one."""
    found = [fault for element in item.iter() for fault in _of_element(element)]
    if found:
        return found
    declared = {one.get("identifier"): one for one in item if _name(one).endswith("Declaration")}
    for element in item.iter():
        for attribute in ("responseIdentifier", "outcomeIdentifier"):
            if element.get(attribute, "RESPONSE") not in declared:
                found.append(f"{element.get(attribute)} is used, and nowhere declared")
        if _name(element) in ("variable", "correct", "mapResponse", "setOutcomeValue"):
            found += [f"{element.get('identifier')} is used, and nowhere declared"] * (
                element.get("identifier") not in declared
            )
    choices = [one.get("identifier") for one in item.iter() if _name(one) in ("simpleChoice", "simpleAssociableChoice")]
    if len(choices) != len(set(choices)):
        found.append("two choices bear one identifier")
    response = declared["RESPONSE"]
    if choices:
        keys = [value.text or "" for value in response.iter(f"{{{QTI}}}value")]
        keys += [entry.get("mapKey", "") for entry in response.iter(f"{{{QTI}}}mapEntry")]
        found += [
            f"the key names {word}, and no choice bears it"
            for key in keys
            for word in key.split()
            if word not in choices
        ]
    return found
