"""Makes the PDF files of the demo documents: small, real, and no two with the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fpdf import FPDF

if TYPE_CHECKING:
    from collections.abc import Sequence

_EPOCH = datetime(2026, 5, 1, tzinfo=UTC)


def printed(title: str, lines: Sequence[str] = ()) -> bytes:
    """Lay out one A4 page. The same words give the same bytes."""
    pdf = FPDF()
    pdf.set_creation_date(_EPOCH)
    pdf.set_title(title)
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 16)
    pdf.multi_cell(0, text=_latin(title), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", size=11)
    for line in lines:
        pdf.cell(text=_latin(line), h=7, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def bare(title: str) -> bytes:
    """Write a valid one-page PDF by hand: hundreds of times cheaper than a laid-out one, for runs with many documents."""
    words = _latin(title).replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    text = f"BT /F1 14 Tf 40 780 Td ({words}) Tj ET".encode("latin-1")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 4 0 R>>>>/Contents 5 0 R>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
    )
    out = bytearray(b"%PDF-1.4\n")
    table = bytearray(b"0000000000 65535 f \n")
    for number, content in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
        len(objects) + 1,
        start,
    )
    return bytes(out)


def _latin(text: str) -> str:
    """Keep what the built-in fonts can show."""
    return text.encode("latin-1", "replace").decode("latin-1")
