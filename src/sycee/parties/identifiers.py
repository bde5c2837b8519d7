"""Codes of legal entities and persons, and texts that can be kept: what is let in, and in which form.

Check characters are computed by python-stdnum. Refusals say which character would be right.
"""

from __future__ import annotations

import re
from datetime import date

from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_97_10

from sycee.kernel.errors import InvalidInput
from sycee.parties.errors import InvalidCreditCode, InvalidLei, InvalidPerson

# GB 32100: authority and type (digits, or the letters of newer authorities), region, organisation, check.
_CREDIT_CODE = re.compile(r"[1-9ANY][0-9A-HJ-NPQRTUWXY][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)
_LEI = re.compile(r"[0-9A-Z]{18}[0-9]{2}", re.ASCII)  # ISO 17442
_RESIDENT_ID = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)  # GB 11643


def credit_code(text: str) -> str:
    """A unified social credit code (GB 32100) without separators, in capitals. Raises InvalidCreditCode."""
    code = text.replace(" ", "").replace("-", "").upper()
    if not _CREDIT_CODE.fullmatch(code):
        raise InvalidCreditCode(
            f"{text[:40]!r} is not a unified social credit code: 18 digits and capitals without I, O, S, V, Z"
        )
    right = uscc.calc_check_digit(code)
    if code[-1] != right:
        raise InvalidCreditCode(f"{code} has check character {code[-1]} where {right} would be right")
    return code


def legal_entity_identifier(text: str) -> str:
    """An LEI (ISO 17442) without separators, in capitals. Raises InvalidLei."""
    code = text.replace(" ", "").replace("-", "").upper()
    if not _LEI.fullmatch(code):
        raise InvalidLei(f"{text[:40]!r} is not an LEI: 18 letters and digits and two check digits")
    right = mod_97_10.calc_check_digits(code[:-2])
    if code[-2:] != right:
        raise InvalidLei(f"{code} has check digits {code[-2:]} where {right} would be right")
    return code


def resident_id(text: str) -> tuple[str, date]:
    """A resident identity number (GB 11643) and the birth date in it. Raises InvalidPerson."""
    number = text.replace(" ", "").upper()
    if not _RESIDENT_ID.fullmatch(number):
        raise InvalidPerson(
            f"{text[:40]!r} is not a resident identity number: 17 digits and a check character"
        )
    right = ric.calc_check_digit(number)
    if number[-1] != right:
        raise InvalidPerson(f"{number} has check character {number[-1]} where {right} would be right")
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise InvalidPerson(f"{number} holds no date of birth in its digits 7 to 14") from None
    return number, born_on


def kept_text(text: str, what: str, longest: int, error: type[InvalidInput], *, needed: bool = False) -> str:
    """A text without spaces around it. Raises ``error`` when it is too long, or PostgreSQL cannot keep it."""
    kept = text.strip()
    if "\0" in kept or any("\ud800" <= character <= "\udfff" for character in kept):
        raise error(f"{what} holds a NUL character or half of a surrogate pair")
    if len(kept) > longest:
        raise error(f"{what} has {len(kept)} characters; at most {longest} are kept")
    if needed and not kept:
        raise error(f"{what} is empty")
    return kept
