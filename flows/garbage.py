"""How often a process that carries documents looks for rubbish: seldom, and never among what was loaded."""

from __future__ import annotations

import gc

_YOUNG = 10_000
"""After how many new objects rubbish is looked for: more than one page of documents makes, so that few are looked at twice."""


def keep_what_is_loaded() -> None:
    """Leave what is there by now out of every search, the one at the process's end included; do it once per process.

    Prefect alone is half a million objects. A run of 2,000 documents through it spent two seconds looking at them.
    """
    if gc.get_threshold()[0] != _YOUNG:
        gc.freeze()
        gc.set_threshold(_YOUNG)
