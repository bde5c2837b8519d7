"""What every paper of the bank is drawn with: colours, text in both languages, lines that break."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reportlab.lib import colors
from reportlab.pdfbase.pdfmetrics import stringWidth

from sycee.products import contract_font, showable

INK, QUIET, RULE, SHADE = (
    colors.HexColor("#1c2430"),
    colors.HexColor("#5b6673"),
    colors.HexColor("#c9d1da"),
    colors.HexColor("#eef2f6"),
)


class Drawing:
    """A canvas, and the height on it at which is drawn, in points from the foot of the page."""

    canvas: Any

    def __init__(self) -> None:
        self.font: str = contract_font()
        self.y = 0.0

    def rule(self, y: float, left: float, right: float) -> None:
        """A thin line across."""
        self.canvas.setStrokeColor(RULE)
        self.canvas.setLineWidth(0.3)
        self.canvas.line(left, y, right, y)

    def text(self, x: float, text: str, size: float, colour: Any = INK, *, right: bool = False) -> None:
        """A text at ``y``, from x on, or up to x."""
        self.canvas.setFillColor(colour)
        self.canvas.setFont(self.font, size)
        draw = self.canvas.drawRightString if right else self.canvas.drawString
        draw(x, self.y, showable(text))

    def wrapped(self, text: str, width: float, size: float) -> list[str]:
        """The text in lines of a width; broken at blanks where there are any, else between characters."""
        lines, line = [], ""
        for word in _pieces(showable(text)):
            if line and stringWidth(line + word, self.font, size) > width:
                lines.append(line.rstrip())
                line = word.lstrip()
            else:
                line += word
            while stringWidth(line, self.font, size) > width and len(line) > 1:
                cut = len(line) - 1
                while cut > 1 and stringWidth(line[:cut], self.font, size) > width:
                    cut -= 1
                lines.append(line[:cut])
                line = line[cut:]
        return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> Iterator[str]:
    """Words with the blank after them; a Chinese character is a word."""
    word = ""
    for character in text.replace("\r", " ").replace("\n", " ").replace("\t", " "):
        word += character
        if character == " " or ord(character) > 0x2E7F:
            yield word
            word = ""
    if word:
        yield word
