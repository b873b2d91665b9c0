"""The page about `docferry map lint` lists every code with its help, as the code has it."""

import re
from pathlib import Path

import mappings
from mappings.workbench.lint import CODES

PAGE = (Path(mappings.__file__).parents[1] / "docs" / "map-commands.md").read_text(encoding="utf-8")


def test_every_code_is_on_the_page_with_its_severity_and_help():
    table = PAGE[PAGE.index("<!-- codes -->") : PAGE.index("<!-- end of codes -->")]
    rows = re.findall(r"^\| `(\S+)` \| (\w+) \| (.*) \|$", table, re.MULTILINE)
    assert rows == [(code, each.severity, each.help) for code, each in CODES.items()]
