"""Reading YAML: rapidyaml makes JSON of it, msgspec makes definitions of that."""

from __future__ import annotations

from pathlib import Path

import msgspec
import ryml

from sycee.components.documents import Document
from sycee.components.errors import Fault, InvalidComponents

_decoder = msgspec.json.Decoder(Document)


def read_document(name: str, data: bytes) -> Document:
    """The definitions of one YAML text. Raises InvalidComponents."""
    try:
        tree = ryml.parse_in_arena(data)
        text = ryml.emit_json(tree) or "{}"
        return _decoder.decode(text)
    except (RuntimeError, msgspec.MsgspecError) as error:
        raise InvalidComponents([Fault(name, 0, "", "invalid_definition", str(error))]) from None


def yaml_files(path: Path) -> list[Path]:
    """The YAML files that a path stands for: itself, or those below it, by name."""
    return sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
