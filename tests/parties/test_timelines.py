"""Effective dating on plain values, against a diary that has a line for every day."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sycee.parties.timelines import Version, changed
from tests.long_runs import rounds

FIRST = date(2026, 1, 1)
DAYS = 12
FIELDS = {"name": "a", "address": "x"}

Change = tuple[int, dict[str, str]]
changes_of_a_year = st.lists(
    st.tuples(
        st.integers(0, DAYS - 1),
        st.fixed_dictionaries(
            {}, optional={"name": st.sampled_from("abc"), "address": st.sampled_from("xyz")}
        ).filter(bool),
    ),
    max_size=8,
)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


class Diary:
    """What holds on each day, line by line, and every change written into the lines it reaches."""

    def __init__(self) -> None:
        self.lines = [dict(FIELDS) for _ in range(DAYS)]

    def change(self, start: int, values: dict[str, str]) -> None:
        for field, value in values.items():
            replaced = self.lines[start][field]
            for line in self.lines[start:]:
                if line[field] != replaced:
                    break
                line[field] = value


def held(timeline: list[Version], number: int) -> dict[str, str]:
    return dict([version for version in timeline if version.valid_from <= day(number)][-1].values)


@settings(max_examples=rounds(300, 20_000))
@given(changes_of_a_year)
def test_a_timeline_holds_on_every_day_what_a_diary_says(changes: list[Change]) -> None:
    diary, timeline = Diary(), [Version(FIRST, dict(FIELDS), 1)]
    for start, values in changes:
        diary.change(start, values)
        timeline = changed(timeline, day(start), values)
        assert [held(timeline, number) for number in range(DAYS)] == diary.lines
        starts = [version.valid_from for version in timeline]
        assert starts == sorted(set(starts))


@settings(max_examples=rounds(300, 20_000))
@given(changes_of_a_year)
def test_only_what_a_change_reaches_is_written_anew(changes: list[Change]) -> None:
    timeline = [Version(FIRST, dict(FIELDS), 1)]
    for start, values in changes:
        after = changed(timeline, day(start), values)
        for version in after:
            if version.number is not None:
                assert version in timeline
            else:
                assert version.valid_from >= day(start)
        if after == timeline:
            continue
        timeline = [
            Version(version.valid_from, version.values, number)
            for number, version in enumerate(after, start=1)
        ]


def test_a_field_that_was_going_to_change_still_does() -> None:
    timeline = [Version(FIRST, {"name": "Old", "address": "x"}, 1)]
    timeline = changed(timeline, day(6), {"name": "Planned"})
    timeline = changed(timeline, day(3), {"name": "Now", "address": "y"})
    assert [(version.valid_from, dict(version.values)) for version in timeline] == [
        (day(0), {"name": "Old", "address": "x"}),
        (day(3), {"name": "Now", "address": "y"}),
        (day(6), {"name": "Planned", "address": "y"}),
    ]


def test_a_change_to_what_holds_anyway_is_none() -> None:
    timeline = [Version(FIRST, {"name": "Same"}, 1)]
    assert changed(timeline, day(5), {"name": "Same"}) == timeline
