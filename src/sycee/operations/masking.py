"""Names and account numbers as strangers may see them: enough to compare with what one holds, no more."""

from __future__ import annotations


def masked_name(name: str) -> str:
    """Of each word its first character, of a word of four or more its last one too; the rest as stars.

    ``张三`` is ``张*``, ``上海星河贸易有限公司`` is ``上********司``, ``Acme Trading`` is ``A**e T*****g``.
    """
    return " ".join(_masked_word(word) for word in name.split())


def _masked_word(word: str) -> str:
    if len(word) == 1:
        return "*"
    kept_last = word[-1] if len(word) >= 4 else ""
    return word[0] + "*" * (len(word) - 1 - len(kept_last)) + kept_last


def masked_number(number: str) -> str:
    """The last four characters of an account's number, the rest as stars; of a short one two or fewer."""
    shown = 4 if len(number) > 8 else min(2, len(number) // 2)
    return "*" * (len(number) - shown) + number[len(number) - shown :]
