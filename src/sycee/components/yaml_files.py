"""Reading YAML: rapidyaml makes JSON of it, msgspec makes definitions of that.

Only plain data is read: no anchors, tags, several documents in a file, or keys twice. What is wrong is told
with file, line, field and what was expected; a file with many faults tells them all. Nothing is looked up
for that as long as nothing is wrong: ten thousand definitions are read in a few tenths of a second.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import ryml

from sycee.components.documents import LISTS, Document
from sycee.components.errors import Fault, InvalidComponents
from sycee.components.messages import explained
from sycee.components.origins import Origin, SourceText, children, text_of

LARGEST_BYTES = 32 * 1024 * 1024
"""The largest file that is read."""

_MAYBE_MARKED = re.compile(rb"(?:^|[\s,\[{(:-])[&*!]|<<", re.MULTILINE)
_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LIKE_NUMBER = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?")
_decoder = msgspec.json.Decoder(Document)
_quiet = threading.Lock()


class Source(msgspec.Struct, frozen=True):
    """What one text defines, and what is wrong with it; a definition with a fault is left out of it."""

    text: SourceText
    document: Document
    origins: dict[str, list[Origin]]
    faults: list[Fault]
    broken: frozenset[str] = frozenset()
    """The ids of definitions that were left out: they are not missing beside."""


def source_of(text: SourceText, document: Document) -> Source:
    """Definitions without a text of their own, or without a fault."""
    origins = {
        name: [Origin(text, (name, place)) for place in range(len(getattr(document, name)))] for name in LISTS
    }
    return Source(text, document, origins, [])


def read_source(name: str, data: bytes) -> Source:
    """The definitions of one YAML text, with what is wrong with them."""
    text = SourceText(name, data)
    try:
        plain = _plain_json(text)
    except InvalidComponents as error:
        return Source(text, Document(), {}, list(error.faults))
    try:
        return source_of(text, _decoder.decode(plain))
    except msgspec.ValidationError:
        return _one_by_one(text, json.loads(plain))


def read_document(name: str, data: bytes) -> Document:
    """The definitions of one YAML text. Raises InvalidComponents with all that is wrong."""
    source = read_source(name, data)
    if source.faults:
        raise InvalidComponents(source.faults)
    return source.document


def yaml_files(path: Path) -> list[Path]:
    """The YAML files that a path stands for: itself, or those below it, by name."""
    return sorted([*path.rglob("*.yaml"), *path.rglob("*.yml")]) if path.is_dir() else [path]


def read_file(path: Path) -> Source:
    """The definitions of one file; a file that cannot be read is a fault too."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            return _faulty(str(path), 0, "too_large", f"a file of at most {LARGEST_BYTES} bytes is expected")
        return read_source(str(path), path.read_bytes())
    except OSError as error:
        return _faulty(
            str(path), 0, "unreadable_file", f"a file that can be read is expected: {error.strerror}"
        )


def read_files(paths: Iterable[Path]) -> list[Source]:
    """The definitions of files, and of all YAML files below directories."""
    return [read_file(file) for path in paths for file in yaml_files(path)]


def _faulty(name: str, line: int, code: str, message: str) -> Source:
    return Source(SourceText(name), Document(), {}, [Fault(name, line, "", code, message)])


def _plain_json(text: SourceText) -> str:
    """The text as JSON. Raises InvalidComponents when it is no YAML, or more than plain data."""
    tree = _tree(text)
    if tree.is_stream(tree.root_id()):
        raise _refused(text, 1, "", "several_documents", "one document is expected, without --- or %YAML")
    if _MAYBE_MARKED.search(text.data):
        _refuse_marks(text, tree)
    try:
        with _no_noise():
            plain: str = ryml.emit_json(tree) or "{}"
        json.loads(plain, object_pairs_hook=_refuse_repeated)
    except ryml.ExceptionBasic:
        raise _refused(text, 1, "", "too_deep", "at most 60 levels of nesting are expected") from None
    except json.JSONDecodeError:
        raise _wrong_number(text, tree) from None
    except _Repeated as error:
        raise _repeated(text, tree, str(error)) from None
    return plain


def _tree(text: SourceText) -> Any:
    data = text.data
    if len(data) > LARGEST_BYTES:
        raise _refused(text, 0, "", "too_large", f"at most {LARGEST_BYTES} bytes are expected")
    if (nul := data.find(0)) >= 0:
        raise _refused(text, _line(data, nul), "", "invalid_yaml", "text is expected, this is a NUL byte")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = _line(data, error.start)
        raise _refused(text, line, "", "invalid_yaml", "text in UTF-8 is expected") from None
    try:
        with _no_noise():
            return ryml.parse_in_arena(data)
    except ryml.ExceptionParse as error:
        found = str(error.msg).strip().splitlines()
        said = found[0].rpartition("] ")[2] if found else "it cannot be read"
        line = min(int(error.errdata_parse.ymlloc.line), _line(data, len(data)))
        raise _refused(text, line, "", "invalid_yaml", f"YAML is expected: {said}") from None
    except ryml.ExceptionBasic:
        raise _refused(text, 1, "", "invalid_yaml", "YAML is expected, this cannot be read") from None


@contextmanager
def _no_noise() -> Iterator[None]:
    """Keep rapidyaml from writing its own words about an error to the terminal; we have better ones."""
    with _quiet:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


class _Repeated(Exception):
    """A key stands twice in one mapping."""


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    if len(pairs) > 1 and len({key for key, _ in pairs}) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Repeated(next(key for key in keys if keys.count(key) > 1))


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _refused(text: SourceText, line: int, field: str, code: str, message: str) -> InvalidComponents:
    return InvalidComponents([Fault(text.name, line, field, code, message)])


def _nodes(tree: Any) -> Iterator[tuple[int, tuple[str | int, ...]]]:
    """Every node with its place, without recursion: what is read may be nested deeply."""
    waiting: list[tuple[int, tuple[str | int, ...]]] = [(tree.root_id(), ())]
    while waiting:
        node, path = waiting.pop()
        yield node, path
        for place, below in enumerate(children(tree, node)):
            part = text_of(tree.key(below)) if tree.has_key(below) else place
            waiting.append((below, (*path, part)))


def _first(tree: Any, wanted: Callable[[int], bool]) -> tuple[str | int, ...] | None:
    return next((path for node, path in _nodes(tree) if wanted(node)), None)


def _refuse_marks(text: SourceText, tree: Any) -> None:
    def marked(node: int) -> bool:
        keyed = tree.has_key(node) and (
            tree.has_key_anchor(node) or tree.is_key_ref(node) or tree.has_key_tag(node)
        )
        return bool(keyed or tree.has_val_anchor(node) or tree.is_val_ref(node) or tree.has_val_tag(node))

    path = _first(tree, marked)
    if path is not None:
        place = Origin(text, path)
        message = "plain data is expected, without anchors (&), aliases (*), merges (<<) and tags (!)"
        raise _refused(text, place.line(), place.field(), "not_plain", message)


def _wrong_number(text: SourceText, tree: Any) -> InvalidComponents:
    """What rapidyaml passes on as numbers although JSON knows them not: such as +1 and 00.5."""

    def wrong(node: int) -> bool:
        if not tree.has_val(node) or tree.is_val_quoted(node):
            return False
        value = text_of(tree.val(node))
        return bool(_LIKE_NUMBER.fullmatch(value)) and not _JSON_NUMBER.fullmatch(value)

    place = Origin(text, _first(tree, wrong) or ())
    message = "a number without a leading + or 0 is expected, or text in quotes"
    return _refused(text, place.line(), place.field(), "invalid_number", message)


def _repeated(text: SourceText, tree: Any, key: str) -> InvalidComponents:
    def repeats(node: int) -> bool:
        if not tree.is_map(node):
            return False
        return [text_of(tree.key(below)) for below in children(tree, node)].count(key) > 1

    path = _first(tree, repeats) or ()
    place = Origin(text, (*path, key))
    return _refused(
        text, place.line(), place.field(), "repeated_key", f"{key} is expected once, it is here twice"
    )


def _one_by_one(text: SourceText, data: Any) -> Source:
    """The definitions that hold, and a fault for each that does not."""
    if not isinstance(data, dict):
        lists = ", ".join(LISTS)
        message = f"a mapping is expected at the top, with the lists {lists}"
        return Source(text, Document(), {}, [Fault(text.name, 1, "", "invalid_definition", message)])
    faults: list[Fault] = []
    broken: set[str] = set()
    kept: dict[str, list[Any]] = {name: [] for name in LISTS}
    origins: dict[str, list[Origin]] = {name: [] for name in LISTS}
    for name, items in data.items():
        place = Origin(text, (name,))
        if name not in LISTS or not isinstance(items, list):
            message = f"one of the lists {', '.join(LISTS)} is expected"
            faults.append(Fault(text.name, place.line(), name, "unknown_field", message))
            continue
        for number, item in enumerate(items):
            place = Origin(text, (name, number))
            try:
                kept[name].append(msgspec.json.decode(msgspec.json.encode(item), type=LISTS[name]))
                origins[name].append(place)
            except msgspec.ValidationError as error:
                faults.append(explained(place, error, item, LISTS[name]))
                broken.add(str(item.get("id")) if isinstance(item, dict) else "")
    document = Document(**{name: tuple(found) for name, found in kept.items()})
    return Source(text, document, origins, faults, frozenset(broken))


def read_plain(name: str, data: bytes) -> msgspec.Raw:
    """One YAML text as JSON, exactly as it is written there. Raises InvalidComponents when it is no YAML."""
    return msgspec.Raw(_plain_json(SourceText(name, data)).encode())


def read_sent(name: str, data: bytes) -> Document:
    """The definitions of a JSON object that was sent. Raises InvalidComponents with all that is wrong."""
    text = SourceText(name)
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError:
        raise InvalidComponents(_one_by_one(text, json.loads(data)).faults) from None
