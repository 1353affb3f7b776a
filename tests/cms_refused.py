"""Bad files that people have instead of a table of CMS, each with the one message that it must give.

A message stands on one line, as people see it.
"""
# ruff: noqa: E501

import struct

import cms_files as ship

from coursekit.cms import naming

NAME, MUE = "ccipra-v322r0", "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv"
TEXT, LIMITS = ship.text(), ship.limits()
FIRST, REST = ship.text(ship.PAIRS[:2]), ship.text(ship.PAIRS[2:])


def with_row(*row):
    """The usual rows and one more, which is line 13."""
    return ship.text((*ship.PAIRS, row))


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]


def zip_field(data, local, central, change):
    """A zip with a field of its first member changed, in the member's own header and in the list of members."""
    data, at = bytearray(data), data.find(b"PK\x01\x02")
    for place in [at + central, *([local] if local is not None else [])]:
        change(data, place)
    return bytes(data)


def set_bit(data, at):
    data[at] |= 1


def set_size(size):
    return lambda data, at: struct.pack_into("<I", data, at, size)


def far_cell(cell):
    return ship.sheet(more=f'<row r="9"><c r="{cell}"><v>1</v></c></row>')


AGAIN, AS_SHIPPED = "Get the file again from CMS.", "Import the file as CMS ships it."
DAMAGED = f"is damaged or cut short, as after a download that broke off. {AGAIN}"
WEB_PAGE = (
    "is a web page, such as the one with the license that stands before the download. Accept the license in a browser, "
    "and import the file that comes then."
)
NO_HEADINGS = (
    "no headings of a table were found in its first {} lines, neither “Column 1, Column 2 …” nor “HCPCS/CPT Code, … MUE "
    f"Values …”. {AS_SHIPPED}"
)
CUT = "the last line is not whole. The file is cut short; get it again."
OUT = f"which points out of the archive. Nothing was read from it. {AGAIN}"
T, Z, X = f"{NAME}.txt", f"{NAME}.zip", f"{NAME}.xlsx"
ZIPPED = ship.archive({T: TEXT})
INSIDE = f"{T} in {Z}"

REFUSED = {
    "empty": ({T: b""}, f"{T} is empty. {AGAIN}"),
    "missing": ({T: None}, "{0} does not exist. Name a file that CMS ships: .txt, .csv, .xlsx, or a .zip with them."),
    "web page": ({T: b"<!DOCTYPE html>\n<html>"}, f"{T} {WEB_PAGE}"),
    "web page called zip": ({Z: b"\r\n<html><body>Please accept"}, f"{Z} {WEB_PAGE}"),
    "web page in a zip": ({Z: ship.archive({T: b"<html>"})}, f"{INSIDE} {WEB_PAGE}"),
    "UTF-16": (
        {T: TEXT.decode("cp1252").encode("utf-16")},
        f"{T} is UTF-16 text, as Excel saves “Unicode Text”. {AS_SHIPPED}",
    ),
    "UTF-16 without a mark": (
        {T: TEXT.decode("cp1252").encode("utf-16-be")},
        f"{T} is UTF-16 text, as Excel saves “Unicode Text”. {AS_SHIPPED}",
    ),
    "EBCDIC": ({T: TEXT.decode("cp1252").encode("cp037", "replace")}, f"{T}: {NO_HEADINGS.format(1)}"),
    "PDF": ({f"{NAME}.pdf": b"%PDF-1.7"}, f"{NAME}.pdf is a PDF. {AS_SHIPPED}"),
    "old Excel": ({X: b"\xd0\xcf\x11\xe0\xa1"}, f"{X} is an old Excel file, or one with a password. {AS_SHIPPED}"),
    "7z": ({Z: b"7z\xbc\xaf\x27\x1c"}, f"{Z} is a 7z archive. {AS_SHIPPED}"),
    "binary": ({T: bytes(range(256)) * 4}, f"{T} is not a text file. {AS_SHIPPED}"),
    # Archives.
    "zip cut in half": ({Z: ZIPPED[: len(ZIPPED) // 2]}, f"{Z} {DAMAGED}"),
    "zip with a wrong byte": ({Z: flipped(ZIPPED, 60)}, f"{INSIDE} {DAMAGED}"),
    "zip that says too little": ({Z: zip_field(ZIPPED, None, 24, set_size(40))}, f"{INSIDE} {DAMAGED}"),
    "zip bomb": (
        {Z: zip_field(ZIPPED, None, 24, set_size(2**31))},
        f"{Z} unpacks to more than 1,024 MB, and no table of CMS does. {AGAIN}",
    ),
    "zip with a password": (
        {Z: zip_field(ZIPPED, 6, 8, set_bit)},
        f"{INSIDE} has a password, and CMS's files have none. {AS_SHIPPED}",
    ),
    "zip packed in a strange way": (
        {Z: zip_field(ZIPPED, 8, 10, lambda d, at: d.__setitem__(at, 97))},
        f"{INSIDE} {DAMAGED}",
    ),
    "path out of the zip": (
        {Z: ship.archive({f"../../etc/{T}": TEXT})},
        f"{Z} holds a file named “../../etc/{T}”, {OUT}",
    ),
    "path from the root": ({Z: ship.archive({f"/etc/{T}": TEXT})}, f"{Z} holds a file named “/etc/{T}”, {OUT}"),
    "path of Windows": ({Z: ship.archive({f"C:\\x\\{T}": TEXT})}, f"{Z} holds a file named “C:\\x\\{T}”, {OUT}"),
    "path with backslashes": ({Z: ship.archive({f"..\\{T}": TEXT})}, f"{Z} holds a file named “..\\{T}”, {OUT}"),
    "zip of nothing": (
        {Z: ship.archive({})},
        f"{Z} holds no table (.txt, .csv or .xlsx). It holds: nothing. {AS_SHIPPED}",
    ),
    "zip of other things": (
        {Z: ship.archive({"a.pdf": b"%PDF", "b.docx": b""})},
        f"{Z} holds no table (.txt, .csv or .xlsx). It holds: a.pdf, b.docx. {AS_SHIPPED}",
    ),
    "zip in a zip": (
        {Z: ship.archive({"f1.zip": ZIPPED})},
        "f1.zip is a zip inside a zip. Unpack the outer one, and import what is inside.",
    ),
    "zip of a thousand files": (
        {Z: ship.archive({f"{n}.txt": b"" for n in range(1001)})},
        f"{Z} holds 1,001 files, and CMS ships a few. {AGAIN}",
    ),
    "gz cut": ({f"{T}.gz": ship.packed(TEXT)[:-12]}, f"{T}.gz {DAMAGED}"),
    "gz with a wrong sum": ({f"{T}.gz": flipped(ship.packed(TEXT), -6)}, f"{T}.gz {DAMAGED}"),
    "gz of nothing": ({f"{T}.gz": ship.packed(b"")}, f"{T}.gz is empty. {AGAIN}"),
    # Excel.
    "Excel cut": ({X: ship.sheet()[:900]}, f"{X} {DAMAGED}"),
    "Excel with a far column": (
        {X: far_cell("XFD9")},
        f"{X}: its sheet has cells far outside a table of CMS. {AS_SHIPPED}",
    ),
    "Excel with a far row": (
        {X: far_cell("A99999999")},
        f"{X}: its sheet has cells far outside a table of CMS. {AS_SHIPPED}",
    ),
    "Excel with a far row after much else": (
        {X: ship.sheet(more="<!--" + " " * 2_100_000 + "--><row r='9999999'><c r = 'A9999999'><v>1</v></c></row>")},
        f"{X}: its sheet has cells far outside a table of CMS. {AS_SHIPPED}",
    ),
    "Excel without sheets": (
        {X: ship.archive({"xl/workbook.xml": b"<workbook"})},
        f"{X}: the Excel file is damaged (Cannot detect file format). {AGAIN}",
    ),
    "Excel without a table": ({X: ship.sheet(rows=[["Notes"]])}, f"{X}: {NO_HEADINGS.format(1)}"),
    "zip called Excel": (
        {Z: ship.archive({X: ZIPPED})},
        f"{X} in {Z} is not an Excel file, whatever its name. {AS_SHIPPED}",
    ),
    # Text that is cut, endless, or something else.
    "cut in a code": ({T: TEXT[: TEXT.rindex(b"97032") + 3]}, f"{T}, line 12: {CUT}"),
    "cut in a date": ({T: TEXT[: TEXT.rindex(b"20231231") + 5]}, f"{T}, line 12: {CUT}"),
    "cut before the reason": ({T: TEXT[: TEXT.rindex(b"\tCPT Manual")]}, f"{T}, line 12: {CUT}"),
    "cut in the reason": ({T: ship.text(ship.PAIRS[:4])[:-12]}, f"{T}, line 10: {CUT}"),
    "one endless line": (
        {T: ship.HEAD + b"9" * 200_000},
        f"{T}, line 7: the line is longer than 64,000 characters: this is not a table of CMS.",
    ),
    "a line that is too long": (
        {T: ship.HEAD + b"97140\t97124\t\t\t*\t1\t" + b"x" * 5000 + b"\r\n"},
        f"{T}, line 7: the line is longer than 4,000 characters: this is not a table of CMS.",
    ),
    "prose": ({T: b"Dear reader,\r\n" * 100}, f"{T}: {NO_HEADINGS.format(60)}"),
    "rows without headings": ({T: TEXT.removeprefix(ship.HEAD)}, f"{T}: {NO_HEADINGS.format(6)}"),
    "headings without rows": (
        {T: ship.HEAD},
        f"{T}: there are headings, and no row of codes under them. Get the file again.",
    ),
    "columns of codes swapped": (
        {T: TEXT.replace(b"Column 1\tColumn 2", b"Column 2\tColumn 1")},
        f"{T}: column 1 is headed “Column 2”, and CMS ships “Column 1” there. {AS_SHIPPED}",
    ),
    "columns of dates swapped": (
        {T: TEXT.replace(b"Effective\tDeletion", b"Deletion\tEffective")},
        f"{T}: column 4 is headed “Deletion Date”, and CMS ships “Effective Date” there. {AS_SHIPPED}",
    ),
    # Rows.
    "lost zeros": (
        {T: with_row("100", "97124", "", "20200101", "*", "1", "")},
        f"{T}, line 13: “100” is not a code: its leading zeros are gone, as in spreadsheets. {AS_SHIPPED}",
    ),
    "no code": (
        {T: with_row("97124", "97-24", "", "20200101", "*", "1", "")},
        f"{T}, line 13: “97-24” is not a code of five characters.",
    ),
    "another indicator": (
        {T: with_row("97140", "97110", "", "20200101", "*", "2", "")},
        f"{T}, line 13: the modifier indicator is “2”, and it can be 0, 1 or 9.",
    ),
    "another way of dates": (
        {T: with_row("97140", "97110", "", "2020-01-01", "*", "1", "")},
        f"{T}, line 13: the effective date is “2020-01-01”; CMS writes dates as 20240701.",
    ),
    "no such day": (
        {T: with_row("97140", "97110", "", "20200101", "20210231", "1", "")},
        f"{T}, line 13: the deletion date is “20210231”, and there is no such day.",
    ),
    "dates that run backward": (
        {T: with_row("97140", "97110", "", "20200101", "20190101", "1", "")},
        f"{T}, line 13: its deletion date 20190101 lies before its effective date 20200101.",
    ),
    "a strange mark of age": (
        {T: with_row("97140", "97110", "x", "20200101", "*", "1", "")},
        f"{T}, line 13: “x” stands where CMS marks pairs from before 1996 with *.",
    ),
    "too many columns": (
        {T: with_row("97140", "97110", "", "20200101", "*", "1", "x", "y")},
        f"{T}, line 13: it has 8 columns, and 7 are known.",
    ),
    "too few columns": (
        {T: with_row("97140", "97110", "20200101")},
        f"{T}, line 13: it has 3 columns, and 7 are needed.",
    ),
    "bytes that are no text": (
        {T: with_row("97140", "97110", "", "20200101", "*", "1", "a\0b")},
        f"{T}, line 13: the reason at its end is no plain text.",
    ),
    "another separator below": (
        {T: TEXT + b"97140,97112,,20200101,*,1,x\r\n"},
        f"{T}, line 13: “97140,97112,,20200101,*,1,x” is not a code of five characters.",
    ),
    # Limits.
    "units in words": (
        {MUE: ship.limits((*ship.LIMITS, ("97140", "six", "3 x", "")))},
        f"{MUE}, line 11: the units are “six”, and a whole number is needed.",
    ),
    "fewer units than none": (
        {MUE: ship.limits((*ship.LIMITS, ("97140", "-6", "3 x", "")))},
        f"{MUE}, line 11: the units are “-6”, and a whole number is needed.",
    ),
    "another adjudication indicator": (
        {MUE: ship.limits((*ship.LIMITS, ("97140", "6", "4 x", "")))},
        f"{MUE}, line 11: the adjudication indicator is “4 x”, and it starts with 1, 2 or 3.",
    ),
    "two limits of one code": (
        {MUE: ship.limits((*ship.LIMITS, ("97124", "6", "3 x", "")))},
        f"{MUE}: 97124 has two limits. Import one table at a time.",
    ),
    # What it is.
    "no kind": (
        {"edits-v322r0.txt": TEXT},
        "edits-v322r0.txt: neither names nor title lines tell the kind of this table. Say it: --kind practitioner or hospital",
    ),
    "no date": (
        {"ccipra.txt": TEXT},
        "ccipra.txt: neither names nor title lines tell the effective date of this table. Say it: --effective 2026-07-01",
    ),
    "two dates": (
        {f"{NAME}.zip": ship.archive({"ccipra-v321r0.txt": TEXT})},
        f"The name {Z} says 2026-07-01, and the name ccipra-v321r0.txt says 2026-04-01. Import one table at a time, or say "
        "which it is: --effective 2026-07-01",
    ),
    "name and heading swapped": (
        {"MCR_MUE_OutpatientHospitalServices_Eff_07-01-2026.csv": LIMITS},
        "The name MCR_MUE_OutpatientHospitalServices_Eff_07-01-2026.csv says mue-hospital, and the text above the rows says "
        "mue. Import one table at a time, or say which it is: --kind mue or mue-hospital or mue-supplier",
    ),
    "Medicaid": (
        {"medicaid-ncci-2026q3-practitioner.txt": TEXT},
        "medicaid-ncci-2026q3-practitioner.txt: this is a table of Medicaid, and the course follows Medicare's. Get it from "
        f"{naming.PAIRS_PAGE}",
    ),
    # Parts.
    "a part is missing": (
        {f"{NAME}-f1.txt": FIRST, f"{NAME}-f3.txt": REST},
        f"Of this table f2 is missing; here is only {NAME}-f1.txt, {NAME}-f3.txt. Import all parts in one go.",
    ),
    "only a later part": (
        {f"{NAME}-f2.txt": REST},
        f"Of this table f1 is missing; here is only {NAME}-f2.txt. Import all parts in one go.",
    ),
    "one part number twice": (
        {f"{NAME}-f1.txt": FIRST, f"{NAME}-f1 (1).txt": REST},
        f"{NAME}-f1 (1).txt and {NAME}-f1.txt both say that they are part 1. Import each part once.",
    ),
    "one part twice": (
        {f"{NAME}-f1.txt": FIRST, f"{NAME}-f2.txt": FIRST},
        f"{NAME}-f1.txt and {NAME}-f2.txt hold the same rows: one part was saved twice. Get the missing one.",
    ),
    "a part and a whole": (
        {f"{NAME}-f1.txt": FIRST, T: REST},
        f"{T} has no part number, and the other files have. Import one table at a time.",
    ),
    "parts of two quarters": (
        {f"{NAME}-f1.txt": FIRST, "ccipra-v321r0-f2.txt": REST},
        f"{NAME}-f1.txt belongs to practitioner-2026-07-01, and ccipra-v321r0-f2.txt to practitioner-2026-04-01. Import one "
        "table at a time.",
    ),
    "parts of two settings": (
        {f"{NAME}-f1.txt": FIRST, "ccioph-v322r0-f2.txt": REST},
        f"{NAME}-f1.txt belongs to practitioner-2026-07-01, and ccioph-v322r0-f2.txt to hospital-2026-07-01. Import one table "
        "at a time.",
    ),
    "pairs and limits": (
        {T: TEXT, MUE: LIMITS},
        f"{MUE} holds limits and the files before it pairs. Import one table at a time.",
    ),
}
