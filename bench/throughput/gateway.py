"""The command `docferry` with the connector of this folder added: `python gateway.py run shop_to_erp --json`."""

from __future__ import annotations

import sys
from pathlib import Path

import connectors
from flows.__main__ import main

connectors.__path__.append(str(Path(__file__).parent / "providers"))

if __name__ == "__main__":
    sys.exit(main())
