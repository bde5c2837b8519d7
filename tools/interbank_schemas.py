"""Write the XSD files of the interbank messages anew from the classes of the ``pyiso20022`` distribution.

Its classes were generated from ISO's own schemas and keep every rule of them as field metadata but one:
what was a choice. ISO 20022 names every type that is a choice ``…Choice`` and no other, so that is put
back by name. ``prove`` shows that this loses nothing: for messages whose genuine schema is at hand, what
is written here and the genuine one say the same of every type.

It needs ``pyiso20022`` and ``xsdata``, which nothing else does: ``pip install pyiso20022==1.6.2 xsdata``.

    python tools/interbank_schemas.py write
    python tools/interbank_schemas.py prove camt.053.001.08 …/xsd/camt.053.001.08.xsd
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import sys
import typing
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

XSD = Path(__file__).parent.parent / "src/sycee/payments/iso20022/xsd"
MESSAGES = (
    "camt.029.001.09",
    "camt.056.001.08",
    "pacs.002.001.10",
    "pacs.004.001.09",
    "pacs.009.001.08",
    "pacs.028.001.03",
)
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
XS = "http://www.w3.org/2001/XMLSchema"
FACETS = {
    "min_inclusive": "minInclusive",
    "fraction_digits": "fractionDigits",
    "total_digits": "totalDigits",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}
BUILT_IN = {
    "str": "xs:string",
    "bool": "xs:boolean",
    "Decimal": "xs:decimal",
    "XmlDate": "xs:date",
    "XmlDateTime": "xs:dateTime",
    "XmlTime": "xs:time",
    "XmlPeriod": "xs:gYearMonth",  # only on payment cards; nothing written here has it
}
HEADING = (
    "Derived by tools/interbank_schemas.py from pyiso20022 {version} (MIT), whose classes were generated "
    "from the schema that the ISO 20022 Registration Authority publishes. Do not edit."
)


def xs(name: str) -> str:
    """The qualified name of an element of XML Schema."""
    return f"{{{XS}}}{name}"


def add(parent: Any, tag: str, /, **attributes: str) -> Any:
    """A new element of XML Schema under parent."""
    return etree.SubElement(parent, xs(tag), attributes)


class SchemaWriter:
    """The schema of one message under construction."""

    def __init__(self, message: str) -> None:
        package = message.replace(".", "_")
        name = f"pyiso20022.{message[:4]}.{package}.{package}"
        self._module = importlib.import_module(name)
        spaces: Any = {None: NAMESPACE + message, "xs": XS}
        self.root: Any = etree.Element(xs("schema"), {"elementFormDefault": "qualified"}, nsmap=spaces)
        self.root.set("targetNamespace", NAMESPACE + message)
        add(self.root, "element", name="Document", type="Document")

    def write(self) -> bytes:
        """The schema as XML, its types in alphabetical order."""
        from importlib.metadata import version  # noqa: PLC0415 - the distribution may be missing

        self.root.insert(0, etree.Comment(HEADING.format(version=version("pyiso20022"))))
        for name, found in sorted(vars(self._module).items()):
            if isinstance(found, type) and found.__module__ == self._module.__name__:
                if issubclass(found, enum.Enum):
                    self._enumeration(name, found)
                else:
                    self._complex(name, found)
        return bytes(etree.tostring(self.root, xml_declaration=True, encoding="UTF-8", pretty_print=True))

    def _enumeration(self, name: str, values: Any) -> None:
        restriction = add(add(self.root, "simpleType", name=name), "restriction", base="xs:string")
        for value in values:
            add(restriction, "enumeration", value=value.value)

    def _complex(self, name: str, cls: Any) -> None:
        hints = typing.get_type_hints(cls)
        fields = [(hints[field.name], field.metadata) for field in dataclasses.fields(cls)]
        node = add(self.root, "complexType", name=name)
        if any("type" not in rules for _, rules in fields):
            self._simple_content(node, fields)
            return
        group = add(node, "choice" if name.endswith("Choice") else "sequence")
        for hint, rules in fields:
            if rules["type"] == "Wildcard":
                add(group, "any", namespace="##any", processContents="lax")
            else:
                self._element(group, hint, rules, choice=name.endswith("Choice"))

    def _simple_content(self, node: Any, fields: list[tuple[Any, Any]]) -> None:
        """An amount: a number with a currency beside it, its number's rules in a type of its own."""
        name = f"{node.get('name')}_SimpleType"
        extension = add(add(node, "simpleContent"), "extension", base=name)
        for hint, rules in fields:
            if "type" in rules:
                made = add(extension, "attribute", name=rules["name"], use="required")
                self._restricted(made, _bare(hint), rules)
            else:
                self._restricted(self.root, _bare(hint), rules, name=name)

    def _element(self, group: Any, hint: Any, rules: Any, *, choice: bool) -> None:
        node = add(group, "element", name=rules["name"])
        if typing.get_origin(hint) is list:
            least, most = str(rules.get("min_occurs", 1 if choice else 0)), "unbounded"
            most = str(rules.get("max_occurs", most))
        else:
            least, most = "1" if rules.get("required") or choice else "0", "1"
        if least != "1":
            node.set("minOccurs", least)
        if most != "1":
            node.set("maxOccurs", most)
        self._typed(node, _bare(hint), rules)

    def _typed(self, node: Any, kind: Any, rules: Any) -> None:
        if kind.__name__ not in BUILT_IN:
            node.set("type", kind.__name__)
        elif not any(facet in rules for facet in FACETS):
            node.set("type", BUILT_IN[kind.__name__])
        else:
            self._restricted(node, kind, rules)

    def _restricted(self, parent: Any, kind: Any, rules: Any, *, name: str | None = None) -> None:
        simple = add(parent, "simpleType", **({"name": name} if name else {}))
        restriction = add(simple, "restriction", base=BUILT_IN[kind.__name__])
        for rule, facet in FACETS.items():
            if rule in rules:
                add(restriction, facet, value=str(rules[rule]))


def _bare(hint: Any) -> Any:
    """The type of one value behind ``list[…]`` and ``… | None``."""
    for argument in typing.get_args(hint):
        if argument is not type(None):
            return argument
    return hint


class SchemaReader:
    """What a schema says of every type, in one form whoever wrote it."""

    def __init__(self, path: Path | bytes) -> None:
        data = path if isinstance(path, bytes) else path.read_bytes()
        root = etree.fromstring(data)
        self._named: dict[str, Any] = {node.get("name", ""): node for node in root.iter(xs("complexType"))}
        for node in root.iter(xs("simpleType")):
            self._named[node.get("name", "")] = node

    def types(self) -> dict[str, Any]:
        """Every complex type by its name in lower case: sequence or choice, its elements, their rules."""
        named = self._named.items()
        return {name.casefold(): self._type(node) for name, node in named if node.tag == xs("complexType")}

    def _type(self, node: Any) -> Any:
        content = node[0]
        if content.tag == xs("simpleContent"):
            attributes = [(item.get("name"), self._simple(item)) for item in content.iter(xs("attribute"))]
            return "amount", self._simple_named(content[0].get("base")), attributes
        return etree.QName(content).localname, [self._element(item) for item in content]

    def _element(self, node: Any) -> Any:
        occurs = node.get("minOccurs", "1"), node.get("maxOccurs", "1")
        return node.get("name"), occurs, self._simple(node)

    def _simple(self, node: Any) -> Any:
        name = node.get("type")
        if name is None:
            return self._facets(node[0]) if len(node) else None
        return self._simple_named(name)

    def _simple_named(self, name: str) -> Any:
        found = self._named.get(name)
        if found is None:
            return name, ()
        return self._facets(found) if found.tag == xs("simpleType") else name.casefold()

    def _facets(self, simple: Any) -> Any:
        restriction = simple[0]
        facets = sorted((etree.QName(item).localname, _number(item.get("value"))) for item in restriction)
        return restriction.get("base"), tuple(facets)


def _number(text: str) -> str:
    try:
        return str(Decimal(text))
    except ArithmeticError:
        return text


def differences(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """What two schemas say differently, a line for each type."""
    for name in sorted(one.keys() | other.keys()):
        if one.get(name) != other.get(name):
            yield f"{name}:\n  {one.get(name)}\n  {other.get(name)}"


def main(arguments: list[str]) -> int:
    """Write the schemas, or prove that the way they are written loses nothing."""
    if arguments == ["write"]:
        for message in MESSAGES:
            (XSD / f"{message}.xsd").write_bytes(SchemaWriter(message).write())
        return 0
    if len(arguments) == 3 and arguments[0] == "prove":
        _, message, genuine = arguments
        derived = SchemaReader(SchemaWriter(message).write())
        found = list(differences(derived.types(), SchemaReader(Path(genuine)).types()))
        print("\n".join(found) or f"{message}: {len(derived.types())} types, all as in {genuine}")
        return 1 if found else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
