"""Telling an IBAN from other account identifications (ISO 13616): its shape and its check digits."""

from __future__ import annotations

import re

_SHAPE = re.compile(r"[A-Z]{2}[0-9]{2}[A-Za-z0-9]{1,30}", re.ASCII)


def is_iban(text: str) -> bool:
    """Whether text is an IBAN in its electronic form: no spaces, ISO 7064 MOD 97-10 check digits right."""
    if not _SHAPE.fullmatch(text):
        return False
    turned = text[4:].upper() + text[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1
