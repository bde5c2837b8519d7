"""Whether a series rises: a straight line through it, and how sure its slope is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, linear_regression

import msgspec

BLOCKS = 10
"""Means of so many blocks are what the line goes through: neighbouring seconds know of each other."""

_T_95 = {8: 2.306, 7: 2.365, 6: 2.447, 5: 2.571, 4: 2.776, 3: 3.182, 2: 4.303, 1: 12.706}


class Trend(msgspec.Struct, frozen=True):
    """The change over the whole series, as a share of its mean, with the 95 % confidence interval."""

    mean: float
    change: float
    low: float
    high: float

    def is_flat(self, tolerance: float) -> bool:
        """Whether no rise of more than ``tolerance`` is shown: the interval does not lie above it."""
        return self.low <= tolerance


def trend(values: Sequence[float]) -> Trend:
    """The trend of a series of equal steps, of three values at least."""
    blocks = _blocks(values)
    count, mean = len(blocks), fmean(blocks)
    places = [place / (count - 1) for place in range(count)]
    slope, start = linear_regression(places, blocks)
    centre = fmean(places)
    spread = sum((place - centre) ** 2 for place in places)
    rest = sum((value - start - slope * place) ** 2 for place, value in zip(places, blocks, strict=True))
    margin = _T_95[count - 2] * (rest / (count - 2) / spread) ** 0.5
    scale = mean or 1.0
    return Trend(mean, slope / scale, (slope - margin) / scale, (slope + margin) / scale)


def _blocks(values: Sequence[float]) -> list[float]:
    if len(values) < 3:
        raise ValueError("a trend needs three values")
    count = min(BLOCKS, len(values))
    edges = [len(values) * place // count for place in range(count + 1)]
    return [fmean(values[start:end]) for start, end in pairwise(edges)]
