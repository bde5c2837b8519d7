"""The font of contracts: one that has Chinese, travels inside of the PDF, and needs nothing of the machine.

The font is WenQuanYi Micro Hei (Apache License 2.0, 34,600 characters, Latin among them). It comes with a
package that does nothing but carry it: 2.3 MB. PDF's own way to name Chinese fonts without embedding them
(CID fonts such as STSong-Light) shows nothing at all where a reader lacks them, and Noto Sans SC comes as
OpenType with PostScript outlines, which ReportLab does not embed.
"""

from __future__ import annotations

import threading
from functools import cache
from importlib.resources import as_file, files

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

_PACKAGE, _FOLDER, _FILE = "paperang_p2_fonts_cjk", "fonts", "wqy-microhei.ttc"
_NAME = "SyceeContract"
rendering = threading.Lock()
"""Held while a PDF with this font is made: a font keeps notes of the document that is being made."""

_GETA = "〓"  # what Chinese and Japanese printers set for a character that they lack


@cache
def contract_font() -> str:
    """The name of the font, which is read (0.1 s) when it is first asked for."""
    with as_file(files(_PACKAGE) / _FOLDER / _FILE) as path:
        pdfmetrics.registerFont(TTFont(_NAME, str(path), subfontIndex=0))
    # Paragraphs ask for the bold and italic kin of a font; this one has a single face.
    pdfmetrics.registerFontFamily(_NAME, normal=_NAME, bold=_NAME, italic=_NAME, boldItalic=_NAME)
    return _NAME


def showable(text: str) -> str:
    """The text with every character that the font lacks told by its number: never one less in silence."""
    known = pdfmetrics.getFont(contract_font()).face.charToGlyph
    return "".join(
        character if ord(character) in known else f"{_GETA}(U+{ord(character):04X})" for character in text
    )
