"""Writes the certificate's table into README.md: `python -m tests.contract.score`, as `make certify` does."""

from __future__ import annotations

from pathlib import Path

from flows.certify import markdown, read

ROOT = Path(__file__).parents[2]
STORED = Path(__file__).parent / "certificate.json"
BEGIN, END = "<!-- certificate: make certify -->", "<!-- end of certificate -->"


def readme_as_it_should_be():
    """Return README.md with the table of the stored results between its marks."""
    text = (ROOT / "README.md").read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{markdown(read(STORED.read_text()))}\n{END}{after}"


if __name__ == "__main__":
    (ROOT / "README.md").write_text(readme_as_it_should_be())
