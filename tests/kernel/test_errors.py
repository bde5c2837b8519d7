"""Errors: one tree, each class with a stable code, a status and a title."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter

import sycee
from sycee.kernel.clock import now
from sycee.kernel.errors import NotFound, SyceeError, error_classes


def _import_everything() -> None:
    for module in pkgutil.walk_packages(sycee.__path__, "sycee."):
        if ".migrations." not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def test_no_code_has_two_meanings_and_every_error_has_a_title() -> None:
    _import_everything()
    classes = [cls for cls in error_classes() if cls.__module__.startswith("sycee.")]
    # A class without a code of its own is its parent, seen from elsewhere: with another status, say.
    codes = Counter(cls.code for cls in classes if "code" in vars(cls))
    assert [code for code, times in codes.items() if times > 1] == []
    for cls in classes:
        assert cls.code.isidentifier() and cls.code == cls.code.lower()
        assert cls.title()
        # What waits for others has not failed, and was not done either.
        assert 400 <= cls.status <= 599 or (cls.code, cls.status) == ("waits_for_approval", 202)


def test_an_error_says_its_title_when_it_has_no_detail() -> None:
    assert str(NotFound()) == "There is no such thing"
    error = NotFound("no account 7", account=7)
    assert (str(error), error.detail, error.facts) == ("no account 7", "no account 7", {"account": 7})
    assert isinstance(error, SyceeError)


def test_the_clock_gives_aware_instants_in_utc() -> None:
    offset = now().utcoffset()
    assert offset is not None
    assert not offset
