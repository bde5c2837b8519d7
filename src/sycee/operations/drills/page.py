"""The report of a drill as a page that opens without a network: verdict, timeline, faults, proof."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from sycee.operations.drills.records import DrillReport, Moment

_WIDTH, _HEIGHT, _LEFT, _TOP = 960, 150, 84, 18
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem;
       color: #1c2430; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; }
th, td { border-bottom: 1px solid #d8dee6; padding: .35rem .75rem .35rem 0; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
.passed { color: #12703a; } .failed { color: #b3261e; }
svg text { font: 11px system-ui, sans-serif; fill: #46505e; }
"""


def page(report: DrillReport) -> str:
    """The report as one HTML document."""
    verdict = "passed" if report.passed else "failed"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Drill: {_text(report.drill)}</title>
<style>{_STYLE}</style></head><body>
<h1>Drill: {_text(report.drill)} <span class="{verdict}">{verdict}</span></h1>
<p>{report.centres} centres; {report.rate_per_s:g} transfers a second were due, whether others were answered
or not; latency counts from when a transfer was due.</p>
{_table(_figures(report))}
<h2>Acknowledged transfers, each half second</h2>
{_chart(report, [moment.answered for moment in report.timeline], "transfers")}
<h2>Latency (99th percentile, each half second; logarithmic)</h2>
{_chart(report, [moment.p99_ms or 0 for moment in report.timeline], "ms", logarithmic=True)}
<h2>Faults</h2>
{_faults(report)}
<h2>What happened</h2>
{_table([(f"{event.at_s:.1f} s", event.text) for event in report.events])}
{_breaks(report)}
</body></html>
"""


def _figures(report: DrillReport) -> list[tuple[str, str]]:
    return [
        ("writing again after, at the longest", f"{report.recovery_s:.1f} s"),
        ("transfers acknowledged", f"{report.acknowledged:,} of {report.requests:,}"),
        ("acknowledged and lost", f"{report.lost}"),
        ("posted twice", f"{report.doubled}"),
        ("errors seen by clients", f"{report.errors_seen_by_clients}"),
        ("answered later than a second", f"{report.late:,}"),
        (
            "latency: median, 99th percentile, longest",
            f"{report.p50_ms:.0f} ms, {report.p99_ms:,.0f} ms, {report.longest_ms:,.0f} ms",
        ),
        ("books", "balance" if report.books_ok else "broken"),
        ("seals", "verify" if report.seals_ok else "broken"),
    ]


def _faults(report: DrillReport) -> str:
    rows = []
    for fault in report.faults:
        bar = "" if fault.bar_s is None or not fault.led else f" (at most {fault.bar_s:g} s)"
        minority = f"{fault.minority_acknowledged} of {fault.minority_asked}" if fault.minority_asked else ""
        rows.append(
            (
                f"{fault.at_s:.1f} s",
                f"{fault.fault}: {fault.centre}, {'the leader' if fault.led else 'a follower'}",
                f"{fault.recovery_s:.1f} s{bar}",
                f"{fault.whole_after_s:.1f} s",
                minority,
            )
        )
    head = ("at", "fault", "writing again after", "whole after", "acknowledged by the isolated centre")
    return _table(rows, head)


def _breaks(report: DrillReport) -> str:
    said = [*report.breaks, *([report.first_error] if report.first_error else [])]
    if not said:
        return ""
    return f'<h2 class="failed">What is wrong</h2>{_table([(text,) for text in said])}'


def _table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    top = f"<tr>{''.join(f'<th>{_text(cell)}</th>' for cell in head)}</tr>" if head else ""
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{top}{body}</table>"


def _chart(report: DrillReport, values: Sequence[float], unit: str, *, logarithmic: bool = False) -> str:
    """Values over the timeline as bars, with a line where something happened."""
    if not values:
        return "<p>Nothing was answered.</p>"
    end_s = max(
        report.timeline[-1].at_s + _span(report.timeline), *(event.at_s for event in report.events), 1.0
    )
    most = max(*values, 1.0)
    scale = math.log10(most + 1) if logarithmic else most

    def x(at_s: float) -> float:
        return _LEFT + (_WIDTH - _LEFT) * at_s / end_s

    def height(value: float) -> float:
        return _HEIGHT * (math.log10(value + 1) if logarithmic else value) / scale

    width = max(0.5, x(_span(report.timeline)) - x(0) - 0.3)
    bars = "".join(
        f'<rect x="{x(moment.at_s):.1f}" y="{_TOP + _HEIGHT - height(value):.1f}" width="{width:.1f}" '
        f'height="{height(value):.1f}" fill="#3b6ea8"/>'
        for moment, value in zip(report.timeline, values, strict=True)
        if value
    )
    marks = "".join(
        f"<g><title>{_text(f'{event.at_s:.1f} s: {event.text}')}</title>"
        f'<line x1="{x(event.at_s):.1f}" x2="{x(event.at_s):.1f}" y1="{_TOP - 6}" y2="{_TOP + _HEIGHT}" '
        f'stroke="#b3261e" stroke-dasharray="3 2"/></g>'
        for event in report.events
    )
    bottom = _TOP + _HEIGHT
    return (
        f'<svg viewBox="0 0 {_WIDTH} {bottom + 22}" role="img" width="100%">'
        f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{bottom}" y2="{bottom}" stroke="#8a94a3"/>{bars}{marks}'
        f'<text x="{_LEFT - 6}" y="{_TOP + 8}" text-anchor="end">{most:,.0f}</text>'
        f'<text x="{_LEFT - 6}" y="{bottom}" text-anchor="end">0 {_text(unit)}</text>'
        f'<text x="{_LEFT}" y="{bottom + 16}">0 s</text>'
        f'<text x="{_WIDTH}" y="{bottom + 16}" text-anchor="end">{end_s:.0f} s</text></svg>'
    )


def _span(timeline: Sequence[Moment]) -> float:
    return timeline[1].at_s - timeline[0].at_s if len(timeline) > 1 else 1.0


def _text(text: str) -> str:
    return html.escape(text)
