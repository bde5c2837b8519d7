"""The reference of codes: every error of the tree under ``SyceeError``, and every rejection by the books."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import sycee
from sycee.api.rejections import rejection_class
from sycee.client import ApiProblem
from sycee.kernel.errors import SyceeError, error_classes
from sycee.ledger import REJECTIONS
from tools.reference_pages.markdown import code, opening, page, table

# Alembic's own scripts run when they are imported; __main__ is a program.
_NOT_IMPORTED = ("sycee.database.migrations.", "sycee.main.__main__")


def every_error() -> list[type[SyceeError]]:
    """Every class of the tree that people or programs may meet, the whole distribution imported."""
    for module in pkgutil.walk_packages(sycee.__path__, "sycee."):
        if not module.name.startswith(_NOT_IMPORTED):
            importlib.import_module(module.name)
    named = [cls for cls in error_classes() if not cls.__name__.startswith("_")]
    return [cls for cls in named if cls.__module__.startswith("sycee.")]


@cache
def problem_codes() -> frozenset[str]:
    """Every code that a problem of its own has."""
    return frozenset(cls.code for cls in every_error())


_REJECTIONS = """
The `code` of an outcome whose status is `rejected`. The status is that of the answer when the request is
about one transfer (post, void, reverse); in a list the answer is 200 and the outcome carries the code.
"""
_PROBLEMS = """
The `code` of a problem document that the API answers with, or of an error that the command line prints in
brackets. A code with several titles is met in several places.
"""
_EXCEPTIONS = """
A problem that the bank answers with is raised as one of these, by its HTTP status. The exception carries the
problem's own `code`, and is also the class of `sycee.kernel.errors` for that status.
"""


def errors_page() -> str:
    """The page ``errors.md``."""
    about = (
        "Programs switch on `code`; it does not change. The title and the detail are for people. "
        "How problems and rejections are used is told in [Errors and retries](../concepts/errors.md)."
    )
    lines = opening("Codes", "the classes under SyceeError and ledger.REJECTIONS", about)
    lines += ["## Rejections of transfers", _REJECTIONS]
    rows = [
        [f'<a id="rejection-{name}"></a>{code(name)}', str(rejection_class(name).status), text]
        for name, text in REJECTIONS.items()
    ]
    lines += table(["code", "status", "meaning"], rows)
    lines += ["## Problems", _PROBLEMS]
    lines += table(["code", "status", "title", "class"], _problem_rows())
    lines += ["## Exceptions of the SDK", _EXCEPTIONS]
    lines += table(["exception", "status", "title"], _sdk_rows())
    return page(lines)


def _problem_rows() -> list[list[str]]:
    by_code: dict[tuple[str, int], list[type[SyceeError]]] = {}
    for cls in every_error():
        if not issubclass(cls, ApiProblem):
            by_code.setdefault((cls.code, cls.status), []).append(cls)
    rows = []
    anchored: set[str] = set()
    for (name, status), classes in sorted(by_code.items()):
        anchor = "" if name in anchored else f'<a id="{name}"></a>'
        anchored.add(name)
        rows.append(
            [
                anchor + code(name),
                str(status),
                "; ".join(dict.fromkeys(cls.title() for cls in classes)),
                ", ".join(sorted(code(f"{_home(cls)}.{cls.__name__}") for cls in classes)),
            ]
        )
    return rows


def _sdk_rows() -> list[list[str]]:
    found = [cls for cls in every_error() if issubclass(cls, ApiProblem)]
    return [
        [
            code(f"sycee.client.{cls.__name__}"),
            "any other" if cls is ApiProblem else str(cls.status),
            cls.title(),
        ]
        for cls in sorted(found, key=lambda cls: (cls is ApiProblem, cls.status))
    ]


def _home(cls: type[SyceeError]) -> str:
    """The package in which a class is at home, as it is imported."""
    parts = cls.__module__.split(".")
    return ".".join(parts[:3]) if parts[1] == "kernel" else ".".join(parts[:2])
