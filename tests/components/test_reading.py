"""YAML files: what is wrong is told with file, line, field and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from sycee.components import InvalidComponents, Registry, read_document
from sycee.components.yaml_files import LARGEST_BYTES
from tests.components.kit import DAY, KIT, faults, loaded, product

HEAD = "- id: made\n  title: {en: Made, zh: 新}\n  from: 2020-01-01\n"
CONDITION = f"conditions:\n{HEAD}  uses: kit.interest@1\n"
SECOND = f"conditions:\n{HEAD}  uses: kit.interest@2\n"

# name: text, line, code, field, words of the message
REFUSED: dict[str, tuple[str, int, str, str, str]] = {
    "unknown field of a condition": (
        f"{CONDITION}  wiht: {{}}\n",
        6,
        "unknown_field",
        "conditions.0.wiht",
        "did you mean with?",
    ),
    "unknown parameter": (
        f"{CONDITION}  with:\n    tiers:\n    - above: 0\n      spraed: 1\n",
        9,
        "unknown_field",
        "conditions.0.with.tiers.0.spraed",
        "did you mean spread?",
    ),
    "missing parameter": (
        f"{CONDITION}  with: {{rule: split}}\n",
        6,
        "missing_field",
        "conditions.0.with",
        "the field tiers is expected",
    ),
    "no parameters at all": (
        CONDITION,
        2,
        "missing_field",
        "conditions.0.with",
        "the field tiers is expected",
    ),
    "parameter of another type": (
        f"{CONDITION}  with:\n    rule: 5\n    tiers: [{{}}]\n",
        7,
        "invalid_value",
        "conditions.0.with.rule",
        "expected text, got a whole number",
    ),
    "parameter below its bound": (
        f"{CONDITION}  with:\n    tiers:\n    - {{}}\n    - {{above: -1}}\n",
        9,
        "invalid_value",
        "conditions.0.with.tiers.1.above",
        "expected a whole number >= 0",
    ),
    "rule of the capability itself": (
        f"{CONDITION}  with: {{tiers: [{{above: 5}}]}}\n",
        6,
        "invalid_value",
        "conditions.0.with",
        "the first tier starts at 0",
    ),
    "number that is none": (
        f"{CONDITION}  with: {{tiers: [{{spread: NaN}}]}}\n",
        6,
        "invalid_value",
        "conditions.0.with.tiers.0.spread",
        "a finite number is expected",
    ),
    "value below a key of a mapping": (
        f"{SECOND}  with:\n    spread: 1\n    by_currency:\n      CNY: 1\n      USD: x\n",
        10,
        "invalid_value",
        "conditions.0.with.by_currency.USD",
        "expected a whole number, got text",
    ),
    "unknown capability": (
        f"conditions:\n{HEAD}  uses: kit.intrest@1\n",
        5,
        "unknown_capability",
        "conditions.0.uses",
        "did you mean kit.interest",
    ),
    "unknown version of a capability": (
        f"conditions:\n{HEAD}  uses: kit.interest@9\n",
        5,
        "unknown_capability",
        "conditions.0.uses",
        "there is kit.interest@1, kit.interest@2",
    ),
    "capability without a version": (
        f"conditions:\n{HEAD}  uses: kit.interest\n",
        5,
        "invalid_value",
        "conditions.0.uses",
        "expected text matching",
    ),
    "date that is none": (
        "conditions:\n- id: made\n  uses: kit.fee@1\n  title: {en: A, zh: 甲}\n  from: 2026-02-30\n",
        5,
        "invalid_value",
        "conditions.0.from",
        "RFC3339",
    ),
    "title without Chinese": (
        "conditions:\n- id: made\n  title: {en: A}\n  from: 2020-01-01\n  uses: kit.fee@1\n",
        3,
        "missing_field",
        "conditions.0.title",
        "the field zh is expected",
    ),
    "id with a space": (
        "conditions:\n- id: a b\n  title: {en: A, zh: 甲}\n  from: 2020-01-01\n  uses: kit.fee@1\n",
        2,
        "invalid_value",
        "conditions.0.id",
        "matching",
    ),
    "unknown list": (
        "\nproduct:\n- id: x\n",
        2,
        "unknown_field",
        "product",
        "one of the lists conditions, product_lines",
    ),
    "list that is none": ("products: made\n", 1, "unknown_field", "products", "one of the lists"),
    "definition that is none": (
        "products:\n- made\n",
        2,
        "invalid_value",
        "products.0",
        "expected a mapping, got text",
    ),
    "list at the top": ("- conditions\n", 1, "invalid_definition", "", "a mapping is expected at the top"),
    "key twice": (
        "conditions:\n- id: a\n  id: b\n",
        2,
        "repeated_key",
        "conditions.0.id",
        "id is expected once",
    ),
    "list twice": ("products: []\nproducts: []\n", 1, "repeated_key", "products", "expected once"),
    "anchor": ("products:\n- &a {id: x}\n", 2, "not_plain", "products.0", "without anchors"),
    "alias": ("products:\n- {id: x}\n- *a\n", 3, "not_plain", "products.1", "without anchors"),
    "merge": ("products:\n- id: x\n  <<: *a\n", 3, "not_plain", "products.0.<<", "without anchors"),
    "tag": ("products:\n- id: !!str x\n", 2, "not_plain", "products.0.id", "tags"),
    "tab": ("products:\n\t- id: x\n", 2, "invalid_yaml", "", "YAML is expected"),
    "open bracket": ("products: [\n", 2, "invalid_yaml", "", "YAML is expected"),
    "open quote": ('products: "x\n', 2, "invalid_yaml", "", "YAML is expected"),
    "two colons": ("a: b: c\n", 1, "invalid_yaml", "", "YAML is expected"),
    "NUL": ("products:\n- id: a\0b\n", 2, "invalid_yaml", "", "NUL"),
    "two documents": ("---\nproducts: []\n---\nproducts: []\n", 1, "several_documents", "", "one document"),
    "nested too deeply": (f"products: {'[' * 100}{']' * 100}\n", 1, "too_deep", "", "levels"),
    "very deep": (f"{'[' * 200_000}{']' * 200_000}", 1, "too_deep", "", "levels"),
    "number with a plus": (
        "products:\n- id: x\n  from: +1\n",
        3,
        "invalid_number",
        "products.0.from",
        "without a leading +",
    ),
    "year out of reach": (
        f"conditions:\n{HEAD.replace('2020', '0001')}  uses: kit.fee@1\n  with: {{amount: 1}}\n",
        4,
        "invalid_dates",
        "conditions.0.from",
        "1900 to 2999",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_with_its_line_and_field(tmp_path: Path, name: str) -> None:
    text, line, code, field, words = REFUSED[name]
    found = faults(tmp_path, text)
    assert [(fault.line, fault.code, fault.field) for fault in found] == [(line, code, field)], found
    assert words in found[0].message
    assert str(found[0]).startswith(f"{tmp_path / 'made.yaml'}:{line}: ")
    with pytest.raises(InvalidComponents):
        Registry.load([tmp_path], KIT)


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "made.yaml").write_bytes(b"products:\n- id: \xff\n")
    [found] = Registry.examine([tmp_path], KIT).faults
    assert (found.line, found.code) == (2, "invalid_yaml")
    assert "UTF-8" in found.message


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as opened:
        opened.truncate(LARGEST_BYTES + 1)
    [found] = Registry.examine([file], KIT).faults
    assert found.code == "too_large"


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    [found] = Registry.examine([tmp_path / "nothing.yaml"], KIT).faults
    assert found.code == "unreadable_file"


def test_every_fault_of_a_file_is_told_and_none_that_only_follows(tmp_path: Path) -> None:
    text = (
        f"{CONDITION}  with: {{rule: split}}\n"
        "- {id: other, uses: kit.fee@1, title: {en: A, zh: 甲}, from: 2020-01-01, with: {amount: x}}\n"
        "products:\n- {id: p, title: {en: A, zh: 甲}, from: 2020-01-01, group: group, "
        "slots: {interest: made, fees: [other]}}\n"
        "packages:\n- {id: q, title: {en: A, zh: 甲}, from: 2020-01-01, items: [{key: a, product: p}]}\n"
    )
    assert [(fault.line, fault.code) for fault in faults(tmp_path, text)] == [
        (6, "missing_field"),
        (7, "invalid_value"),
    ]


def test_an_error_writes_nothing_to_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    faults(tmp_path, "products: [\n")
    assert capfd.readouterr() == ("", "")


def test_an_empty_file_defines_nothing(tmp_path: Path) -> None:
    for text in ("", "# nothing\n", "\n\n", "products: []\n"):
        assert faults(tmp_path, text) == []


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    text = "\ufeff" + product("{interest: rate}").replace("\n", "\r\n")
    assert "made" in loaded(tmp_path, text).products


def test_numbers_are_read_to_the_last_digit() -> None:
    text = f"{CONDITION}  with: {{rate: 0.1000000000000000000001}}\n"
    document = read_document("x", text.encode())
    assert bytes(document.conditions[0].with_) == b'{"rate": 0.1000000000000000000001}'


def test_a_condition_says_where_it_stands(tmp_path: Path) -> None:
    text = f"# a comment\n\n{CONDITION}  with: {{tiers: [{{}}]}}\n"
    found = loaded(tmp_path, text).condition("made", DAY)
    assert found.source == f"{tmp_path / 'made.yaml'}:4"


def test_text_in_quotes_and_blocks_is_read_as_yaml_has_it() -> None:
    text = """\
conditions:
- id: "a.b"
  uses: 'k@1'
  title:
    en: >-
      One
      line
    zh: "中\\u6587"
  from: '2020-01-01'
"""
    document = read_document("x", text.encode())
    assert (document.conditions[0].title.en, document.conditions[0].title.zh) == ("One line", "中文")
