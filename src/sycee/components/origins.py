"""Where a definition stands: the file and the line. Lines are only looked for when somebody asks.

rapidyaml tells no positions of what it read, but its keys and values are views into the text. So the text is
read once more, in place, and the place of a view in memory is its place in the text.
"""

from __future__ import annotations

import codecs
import ctypes
from collections.abc import Iterator, Sequence
from typing import Any

import ryml

Path = tuple[str | int, ...]
"""A place inside of a document: keys of mappings and positions in lists."""


class _View(ctypes.Structure):
    """``Py_buffer`` of the stable interface of Python 3.11."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )


def _address(view: memoryview | bytearray) -> int:
    """Where in memory a view begins."""
    found = _View()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(view), ctypes.byref(found), 0)
    try:
        return found.buf or 0
    finally:
        ctypes.pythonapi.PyBuffer_Release(ctypes.byref(found))


class SourceText:
    """A text of definitions: its name, and the YAML when there is one (what was released has none)."""

    def __init__(self, name: str, data: bytes = b"") -> None:
        self.name = name
        self.data = data.removeprefix(codecs.BOM_UTF8)  # some editors begin with it; rapidyaml stumbles
        self._tree: Any = None
        self._buffer = bytearray()

    def line(self, path: Sequence[str | int]) -> int:
        """The line, from 1, of a place or of the nearest part around it that is there; 0 without a text."""
        if not self.data:
            return 0
        tree = self._parsed()
        node, offset = tree.root_id(), 0
        for part in path:
            below = _child(tree, node, part)
            if below is None:
                break
            node = below
            found = self._offset(tree, node)
            offset = offset if found is None else found
        return self.data.count(b"\n", 0, offset) + 1

    def _parsed(self) -> Any:
        if self._tree is None:
            self._buffer = bytearray(self.data)
            self._tree = ryml.parse_in_place(self._buffer)
        return self._tree

    def _offset(self, tree: Any, node: int) -> int | None:
        """Where a node begins: at its key, its value, or at the first of these below it."""
        start, end = _address(self._buffer), len(self._buffer)
        while True:
            for has, get in ((tree.has_key, tree.key), (tree.has_val, tree.val)):
                if has(node) and (view := get(node)) and 0 <= (at := _address(view) - start) < end:
                    return at
            if not tree.has_children(node):
                return None
            node = tree.first_child(node)

    def __repr__(self) -> str:
        return f"SourceText({self.name!r})"


def _child(tree: Any, node: int, part: str | int) -> int | None:
    if not tree.has_children(node):
        return None
    if isinstance(part, int):
        return tree.child(node, part) if tree.is_seq(node) and part < tree.num_children(node) else None
    if not tree.is_map(node):
        return None
    return next((below for below in children(tree, node) if text_of(tree.key(below)) == part), None)


def children(tree: Any, node: int) -> Iterator[int]:
    """The children of a node of rapidyaml, in order."""
    if tree.has_children(node):
        below, last = tree.first_child(node), tree.last_child(node)
        while below != last:
            yield below
            below = tree.next_sibling(below)
        yield last


def text_of(view: memoryview | None) -> str:
    """A scalar of rapidyaml as text; an empty one comes as None."""
    return bytes(view).decode("utf-8", "replace") if view is not None else ""


class Origin:
    """Where one definition stands: its text, and its place inside of it."""

    __slots__ = ("path", "text")

    def __init__(self, text: SourceText, path: Path) -> None:
        self.text = text
        self.path = path

    def line(self, *further: str | int) -> int:
        """The line of the definition, or of a place inside of it."""
        return self.text.line((*self.path, *further))

    def field(self, *further: str | int) -> str:
        """The place as people and programs read it: ``conditions.0.with.tiers``."""
        return ".".join(str(part) for part in (*self.path, *further))

    def __str__(self) -> str:
        line = self.line()
        return f"{self.text.name}:{line}" if line else self.text.name
