"""What conditions are called: a snapshot keeps what they say, the registry knows their titles."""

from __future__ import annotations

from datetime import date

from sycee.components import ConditionNotFound, Parameters, Registry, key_of
from sycee.products.contracts import Text


def condition_title(components: Registry, condition: str, made: Parameters, day: date) -> Text:
    """The title of a condition; of one that is no longer known, the title of its capability."""
    try:
        title = components.condition(condition, day).title
    except ConditionNotFound:
        name, _, version = key_of(made).partition("@")
        found = components.capability(name, int(version))
        return Text(found.title, found.local_title)
    return Text(title.en, title.zh)
