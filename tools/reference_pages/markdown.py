"""Small pieces of Markdown for the generated pages: tables, anchors, and a note on where they come from."""

from __future__ import annotations

from collections.abc import Sequence


def opening(title: str, made_of: str, about: str) -> list[str]:
    """A page's title and what it is made of."""
    return [
        f"# {title}",
        "",
        f"<!-- Made by tools/reference.py from {made_of}. Change that, then run make docs. -->",
        "",
        about,
        "",
    ]


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table; nothing when it would have no rows."""
    if not rows:
        return []
    lines = [f"| {' | '.join(columns)} |", f"|{'|'.join(' --- ' for _ in columns)}|"]
    lines += [f"| {' | '.join(cell(text) for text in row)} |" for row in rows]
    return [*lines, ""]


def cell(text: str) -> str:
    """A text that stays inside its cell."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """A text as code; nothing for nothing."""
    return f"`{text}`" if text else ""


def fence(language: str, text: str) -> list[str]:
    """A block of code."""
    return [f"```{language}", text.rstrip("\n"), "```", ""]


def page(lines: Sequence[str]) -> str:
    """The lines as the text of a file: no blank line twice, one line end at the end."""
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).rstrip("\n") + "\n"
