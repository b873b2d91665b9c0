"""Writes what the certificate says into README.md and docs/: `python -m tests.contract.score`, as `make certify` does."""

from __future__ import annotations

from pathlib import Path

from flows.certify import markdown, read, reasons

ROOT = Path(__file__).parents[2]
STORED = Path(__file__).parent / "certificate.json"
BEGIN, END = "<!-- certificate: make certify -->", "<!-- end of certificate -->"


def pages_as_they_should_be():
    """Return the texts, by file, that show the stored results between their marks."""
    scores = read(STORED.read_text())
    shown = {"README.md": markdown(scores), "docs/certificate.md": reasons(scores)}
    return {ROOT / name: _between_marks((ROOT / name).read_text(), text) for name, text in shown.items()}


def _between_marks(page, text):
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


if __name__ == "__main__":
    for file, text in pages_as_they_should_be().items():
        file.write_text(text)
