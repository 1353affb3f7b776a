"""Files as CMS ships them, made small, for tests of importing them."""

import gzip
import io
import zipfile
from xml.sax.saxutils import escape

# Six lines above the rows, with the odd byte that stands for a registered mark.
HEAD = (
    b"CPT\xae only copyright 2025 American Medical Association.  All rights reserved.\t\t\t\t\t\t\r\n"
    b"Column1/Column2 Edits\t\t\t\t\t\t\r\n"
    b"Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n"
    b"\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n"
    b"\t\t\t\t*=no data\t1=allowed\t\r\n"
    b"\t\t\t\t\t9=not applicable\t\r\n"
)
STANDARDS, MISUSE = "Standards of medical/surgical practice", "Misuse of Column Two code with Column One code"

# One pair that turned, one that was voided, one from before 1996, one with a start that nobody published.
PAIRS = (
    ("00100", "0213T", "", "20100701", "*", "0", MISUSE),
    ("97110", "97124", "*", "19960101", "19960101", "9", STANDARDS),
    ("97140", "97124", "", "20200101", "20201231", "1", MISUSE),
    ("97140", "97124", "", "20210101", "*", "0", STANDARDS),
    ("97530", "97140", "*", "", "*", "1", STANDARDS),
    ("G0283", "97032", "", "20200101", "20231231", "1", "CPT Manual, or CMS manual, coding instruction"),
)

MUE_HEAD = (
    b'"Current Procedural Terminology (CPT) codes, descriptions are copyright 2025 American Medical Association.\r\n'
    b"\r\n"
    b"CPTM-. is a registered trademark\x99 of the American Medical Association.\r\n"
    b'Fee schedules are not assigned by the AMA, and the AMA is not recommending their use.",,,\r\n'
    b'"HCPCS/\r\nCPT Code",%s MUE Values,MUE Adjudication Indicator,MUE Rationale\r\n'
)
LIMITS = (
    ("97014", "0", "3 Date of Service Edit: Clinical", "CMS Policy"),
    ("97124", "4", "3 Date of Service Edit: Clinical", "Clinical: Data"),
    ("98940", "1", "2 Date of Service Edit: Policy", "Code Descriptor / CPT Instruction"),
    ("A4223", "300", "1 Line Edit", "Clinical: CMS Workgroup, and data"),
)


def text(rows=PAIRS, head=HEAD, sep="\t", end="\r\n"):
    """A table as text."""
    quoted = [[f'"{cell}"' if sep in cell else cell for cell in row] for row in rows]
    return head.replace(b"\t", sep.encode()) + "".join(sep.join(row) + end for row in quoted).encode()


def limits(rows=LIMITS, setting=b"Practitioner Services"):
    """A table of daily limits."""
    return text(rows, MUE_HEAD % setting, ",")


def zipped(**members):
    """An archive of members given by name, with `__` for a dot."""
    return archive({name.replace("__", "."): data for name, data in members.items()})


def archive(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return out.getvalue()


def packed(data):
    return gzip.compress(data, mtime=0)


def sheet(data=None, rows=None, numbers=True, more=""):
    """An Excel file of a tab-separated text, with codes and dates as numbers where Excel would take them for some."""
    rows = rows or [line.split("\t") for line in (data or text()).decode("cp1252").splitlines()]
    lines = []
    for n, row in enumerate(rows, 1):
        cells = "".join(_cell(f"{chr(65 + k)}{n}", cell, numbers) for k, cell in enumerate(row) if cell)
        lines.append(f'<row r="{n}">{cells}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packages = "http://schemas.openxmlformats.org/package/2006"
    return archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{packages}/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="PTP" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship Id="r1" '
            f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}{more}</sheetData>'
            "</worksheet>",
        }
    )


def _cell(place, cell, numbers):
    if numbers and cell.isdigit():
        return f'<c r="{place}"><v>{int(cell)}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
