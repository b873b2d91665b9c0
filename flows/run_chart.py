"""The last runs of a route as a picture and the same figures as a table, in Markdown that needs nothing but itself.

The picture is an SVG inside its address (a data URL). It has a ground of its own, so it looks the same on a light and a dark page.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from flows.markdown import table, text
from flows.output import instant, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from state.records import RunRow

WIDTH, HEIGHT = 720, 330
_LEFT, _RIGHT = 64, 700
_DOCUMENTS, _SECONDS = (70, 195), (240, 295)
"""Top and bottom of the two panels."""
_COLOURS = (("delivered", "#0072b2"), ("rejected", "#e69f00"), ("failed", "#b3261e"))
"""From the bottom of a bar to its top. They differ in lightness too, for who does not see colours, and on paper."""
_INK, _FAINT, _GROUND, _TIME = "#1f2328", "#d0d7de", "#ffffff", "#6e7781"
_STEPS = (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)
"""Where an axis may end, in units of a power of ten: halves of them are round, too."""
_CUT_OFF = "!"
"""Marks a run that did not come to its end."""
_LEAST = 1.5
"""Pixels that a number above zero takes at least: beside a run of thousands one of ten must be seen."""


@dataclass(frozen=True, slots=True)
class _Bar:
    run: RunRow
    counts: tuple[int, ...]
    seconds: float


def chart(route: str, runs: Sequence[RunRow]) -> str:
    """Return picture and table of runs (the newest first, as the ledger gives them) that have ended; at most 30 are meant."""
    bars = [_bar(run) for run in reversed(runs) if run.ended_at is not None or run.state == "interrupted"]
    if not bars:
        return "No run of this route has ended yet."
    picture = base64.b64encode(svg(route, bars).encode()).decode()
    rows = [
        (
            instant(bar.run.started_at),
            *(f"{count:,}" for count in bar.counts),
            span(bar.seconds) if bar.run.ended_at else "",
            bar.run.state if bar.run.state != "finished" else "",
        )
        for bar in reversed(bars)
    ]
    headings = ("begun", *(name for name, _ in _COLOURS), "time", "")
    alternative = f"The {_last(bars)} of {route}; the table below has the same figures"
    return "\n".join([f"![{text(alternative)}](data:image/svg+xml;base64,{picture})", *table(headings, rows)])


def _bar(run: RunRow) -> _Bar:
    counts = run.counts
    delivered = counts.get("delivered", 0) + counts.get("updated", 0)
    seconds = (run.ended_at - run.started_at).total_seconds() if run.ended_at else 0.0
    return _Bar(run, (delivered, counts.get("rejected", 0), counts.get("failed", 0)), max(seconds, 0.0))


def _last(bars: Sequence[_Bar]) -> str:
    return f"last {len(bars)} runs" if len(bars) > 1 else "last run"


def svg(route: str, bars: Sequence[_Bar]) -> str:
    """Return the picture: documents by outcome above, seconds below, one bar for each run, the newest on the right."""
    most, longest = _round(max(sum(bar.counts) for bar in bars)), _round(max(bar.seconds for bar in bars))
    totals = ", ".join(f"{sum(bar.counts[i] for bar in bars):,} {name}" for i, (name, _) in enumerate(_COLOURS))
    description = (
        f"{len(bars)} runs from {instant(bars[0].run.started_at)} to {instant(bars[-1].run.started_at)}: {totals}"
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"',
        ' role="img" aria-labelledby="t d" font-family="sans-serif" font-size="12">',
        f'<title id="t">The last runs of {escape(route)}</title>',
        f'<desc id="d">{escape(description)}</desc>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{_GROUND}" stroke="{_FAINT}"/>',
        _text(16, 24, f"{route}: the {_last(bars)}"[:90], "start", ' font-size="15" font-weight="bold"'),
        *_legend(),
        *_axis(_DOCUMENTS, most, "documents"),
        *_axis(_SECONDS, longest, "seconds"),
    ]
    step = (_RIGHT - _LEFT) / max(len(bars), 10)
    for number, bar in enumerate(bars):
        lines += _one(bar, _LEFT + number * step + step * 0.15, step * 0.7, most, longest)
    lines += [
        _text(_LEFT, HEIGHT - 14, instant(bars[0].run.started_at), "start"),
        _text(_RIGHT, HEIGHT - 14, instant(bars[-1].run.started_at), "end") if len(bars) > 1 else "",
        "</svg>",
    ]
    return "".join(lines)


def _one(bar: _Bar, x: float, width: float, most: float, longest: float) -> Iterator[str]:
    top, bottom = _DOCUMENTS
    y = float(bottom)
    for count, (_, colour) in zip(bar.counts, _COLOURS, strict=True):
        height = max(count / most * (bottom - top), _LEAST) if count else 0.0
        y -= height
        if height:
            yield _rect(x, y, width, height, colour)
    if bar.run.state == "interrupted":
        yield _text(x + width / 2, bottom - 3, _CUT_OFF, "middle")
    top, bottom = _SECONDS
    height = max(bar.seconds / longest * (bottom - top), _LEAST) if bar.seconds else 0.0
    if height:
        yield _rect(x, bottom - height, width, height, _TIME)


def _axis(panel: tuple[int, int], most: float, name: str) -> Iterator[str]:
    top, bottom = panel
    for y, value in ((bottom, 0.0), ((top + bottom) / 2, most / 2), (top, most)):
        yield f'<path d="M{_LEFT} {y:g}H{_RIGHT}" stroke="{_FAINT}"/>'
        yield _text(_LEFT - 6, y + 4, f"{value:,.10g}", "end")
    yield _text(_LEFT, top - 8, name, "start")


def _legend() -> Iterator[str]:
    words = (*_COLOURS, ("seconds", _TIME))
    for number, (name, colour) in enumerate(words):
        x = 300 + number * 92
        yield _rect(x, 38, 10, 10, colour)
        yield _text(x + 15, 47, name, "start")
    yield _text(300 + len(words) * 92 - 12, 47, f"{_CUT_OFF} cut off", "start")


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{_INK}"{more}>{escape(words)}</text>'


def _round(most: float) -> float:
    """Return the end of an axis: a round number that is not below the most."""
    if most <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(most))
    return next(unit * part for part in _STEPS if unit * part >= most)
