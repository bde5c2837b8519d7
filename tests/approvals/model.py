"""A second, plain implementation of maker-checker, in memory: it keeps the database's honest.

It knows one house with a handful of people and two commands, and tries every way to seat yeses at stages.
"""

from __future__ import annotations

from itertools import permutations

import msgspec

WRITE, DECIDE, PAY = "payments:write", "approvals:decide", "payments:approve"

# Who there is: what they may do, and the person behind them. Nine and two are one person.
PEOPLE: list[tuple[frozenset[str], int]] = [
    (frozenset({WRITE}), 0),
    (frozenset({WRITE, DECIDE}), 1),
    (frozenset({DECIDE}), 2),
    (frozenset({DECIDE}), 3),
    (frozenset({PAY}), 4),
    (frozenset({DECIDE, PAY}), 5),
    (frozenset(), 6),
    (frozenset({WRITE, PAY}), 7),
    (frozenset({DECIDE}), 2),
]
ORDER, OTHER = "tests.order", "tests.other"
DEFAULT = ((1, DECIDE),)
Stages = tuple[tuple[int, str], ...]


class Lent(msgspec.Struct):
    """A substitution: what is lent, from when to when (hours)."""

    absent: int
    substitute: int
    until: int
    up_to: int | None
    command: str | None

    def covers(self, asked: Asked, hour: int) -> bool:
        """Whether it reaches a request at that hour."""
        if hour >= self.until or self.command not in (None, asked.command):
            return False
        return self.up_to is None or (asked.amount is not None and asked.amount <= self.up_to)


class Yes(msgspec.Struct):
    """Something said on a request."""

    by: int
    acting_for: int | None
    vote: str
    authority: str


class Asked(msgspec.Struct):
    """A request."""

    command: str
    maker: int
    acting_for: int | None
    amount: int | None
    thing: int
    refuses: bool
    until: int
    state: str = "waiting"
    votes: list[Yes] = []


class Refusal(Exception):
    """Why not: the code."""


class Model(msgspec.Struct):
    """The house."""

    hour: int = 0
    active: list[bool] = msgspec.field(default_factory=lambda: [True] * len(PEOPLE))
    rules: dict[int | None, tuple[int, Stages]] = msgspec.field(default_factory=dict)
    lent: list[Lent] = msgspec.field(default_factory=list)
    apart: bool = False
    asked: list[Asked] = msgspec.field(default_factory=list)

    def request(self, new: Asked) -> str:
        """The state after asking. Raises Refusal; then nothing was asked."""
        if not self.active[new.maker]:
            raise Refusal("actor_not_active")
        if new.acting_for == new.maker:
            new.acting_for = None
        self._refuse_matter(new)
        self._refuse_joined(new, [(human, "make", "") for human in self._makers(new)])
        if not self._lacking(new):
            if new.refuses:
                raise Refusal("test_refused")
            new.state = "executed"
        self.asked.append(new)
        return new.state

    def decide(
        self, by: int, votes: list[tuple[int, str, bool, int | None]]
    ) -> list[tuple[bool, str, str | None]]:
        """(accepted, state, code) of each vote: a request, yes or no, the right bytes or not, for whom."""
        if not self.active[by]:
            raise Refusal("actor_not_active")
        for which, *_ in votes:
            self._expire(self.asked[which])
        before = [self._judge(by, *vote) for vote in votes]
        # Of one list, what is joined is looked at before any of it is done.
        joined = [
            self._joined(self.asked[which], self._parts(self.asked[which], by))
            if isinstance(claim, Yes) and vote == "yes" and self.asked[which].state == "waiting"
            else False
            for (which, vote, _, _), claim in zip(votes, before, strict=True)
        ]
        found: list[tuple[bool, str, str | None]] = []
        for (which, vote, _, _), claim, clash in zip(votes, before, joined, strict=True):
            asked = self.asked[which]
            if isinstance(claim, str):
                found.append((False, asked.state, claim))
            elif clash:
                found.append((False, asked.state, "duties_segregated"))
            else:
                self._say(asked, claim, vote)
                found.append((True, asked.state, "test_refused" if asked.state == "failed" else None))
        return found

    def withdraw(self, by: int, which: int) -> str:
        """The state after a withdrawal. Raises Refusal."""
        asked = self.asked[which]
        if not self.active[by]:
            raise Refusal("actor_not_active")
        if PEOPLE[by][1] != PEOPLE[asked.maker][1] and by != asked.acting_for:
            raise Refusal("not_the_maker")
        if asked.state not in ("waiting", "withdrawn"):
            raise Refusal("approval_ended")
        asked.state = "withdrawn"
        return asked.state

    def sweep(self) -> int:
        """How many expire."""
        return sum(self._expire(asked) for asked in self.asked)

    def inbox(self, by: int) -> list[int]:
        """Which requests wait for somebody's yes."""
        if not self.active[by]:
            return []
        return [
            which
            for which, asked in enumerate(self.asked)
            if asked.state == "waiting"
            and asked.until > self.hour
            and not any(PEOPLE[vote.by][1] == PEOPLE[by][1] for vote in asked.votes)
            and isinstance(self._judge(by, which, "yes", True, None), Yes)
        ]

    def _expire(self, asked: Asked) -> bool:
        over = asked.state == "waiting" and asked.until <= self.hour
        if over:
            asked.state = "expired"
        return over

    def _makers(self, asked: Asked) -> set[int]:
        both = {asked.maker} | ({asked.acting_for} if asked.acting_for is not None else set())
        return {PEOPLE[one][1] for one in both}

    def _stands_in(self, substitute: int, absent: int, asked: Asked) -> bool:
        return self.active[absent] and any(
            one.substitute == substitute and one.absent == absent and one.covers(asked, self.hour)
            for one in self.lent
        )

    def _governing(self, asked: Asked) -> tuple[int, Stages]:
        """Makers and stages that are needed. Raises Refusal."""
        if asked.command != ORDER or not self.rules:
            return 1, DEFAULT
        amount = asked.amount
        limits = sorted(limit for limit in self.rules if limit is not None)
        if amount is None:
            return self.rules[None] if None in self.rules else self.rules[limits[-1]]
        for limit in limits:
            if amount <= limit:
                return self.rules[limit]
        if None not in self.rules:
            raise Refusal("no_rule_covers")
        return self.rules[None]

    def _stages(self, asked: Asked) -> list[str]:
        """The authority that each place asks for, in order."""
        try:
            makers, stages = self._governing(asked)
        except Refusal:
            makers, stages = 1, DEFAULT
        return [WRITE] * (makers - 1) + [scope for count, scope in stages for _ in range(count)]

    def _refuse_matter(self, asked: Asked) -> None:
        self._governing(asked)
        if not self.active[asked.maker]:
            raise Refusal("maker_not_entitled")
        if asked.acting_for is None:
            entitled = WRITE in PEOPLE[asked.maker][0]
        else:
            stands_in = self._stands_in(asked.maker, asked.acting_for, asked)
            entitled = stands_in and WRITE in PEOPLE[asked.acting_for][0]
        if not entitled:
            raise Refusal("maker_not_entitled")

    def _reach(self, asked: Asked, by: int, acting_for: int | None) -> set[str]:
        """The authorities that somebody's yes carries right now."""
        makers = self._makers(asked)
        if not self.active[by] or PEOPLE[by][1] in makers:
            return set()
        found = set(PEOPLE[by][0])
        lent = acting_for is not None and self._stands_in(by, acting_for, asked)
        if lent and acting_for is not None and PEOPLE[acting_for][1] not in makers:
            found |= PEOPLE[acting_for][0]
        return found

    def _lacking(self, asked: Asked) -> list[int]:
        """The places that stay empty, however the yeses are seated; earlier places are seated first."""
        places = self._stages(asked)
        yeses = [vote for vote in asked.votes if vote.vote == "yes"]
        reach = [self._reach(asked, vote.by, vote.acting_for) for vote in yeses]
        seated: list[int] = []
        for place in range(len(places)):
            wanted = [*seated, place]
            if any(
                all(places[at] in reach[voter] for at, voter in zip(wanted, chosen, strict=True))
                for chosen in permutations(range(len(yeses)), len(wanted))
            ):
                seated = wanted
        return [place for place in range(len(places)) if place not in seated]

    def _open(self, asked: Asked) -> str | None:
        """The authority that is asked for now."""
        lacking = self._lacking(asked)
        return self._stages(asked)[lacking[0]] if lacking else None

    def _judge(self, by: int, which: int, vote: str, right: bool, acting_for: int | None) -> Yes | str:
        """What one may say, or the code of why not."""
        asked, me = self.asked[which], PEOPLE[by][1]
        said = next((one for one in asked.votes if PEOPLE[one.by][1] == me), None)
        if asked.state != "waiting" and said is not None and said.vote == vote and right:
            return said
        over = "approval_expired" if asked.state == "expired" else "approval_ended"
        spoken = said is not None and (said.vote != vote or vote == "no")
        for code, holds in (
            (over, asked.state != "waiting"),
            ("digest_mismatch", not right),
            ("own_approval", me in self._makers(asked)),
            ("already_decided", spoken or any(one.acting_for == by for one in asked.votes)),
        ):
            if holds:
                return code
        try:
            if vote == "yes":
                self._refuse_matter(asked)
        except Refusal as refusal:
            return str(refusal)
        return said or self._voice(asked, by, vote, acting_for)

    def _voice(self, asked: Asked, by: int, vote: str, acting_for: int | None) -> Yes | str:
        taken = {PEOPLE[one.by][1] for one in asked.votes}
        spoken_for = {one.acting_for for one in asked.votes}
        voices: list[int | None] = [None]
        for one in self.lent:
            away = one.absent
            barred = away in spoken_for or PEOPLE[away][1] in taken | self._makers(asked)
            if one.substitute == by and self._stands_in(by, away, asked) and not barred:
                voices.append(away)
        if acting_for is not None:
            voices = [one for one in voices if one == acting_for]
            if not voices:
                return "not_a_substitute"
        wanted = self._open(asked)
        for voice in voices:
            reach = self._reach(asked, by, voice)
            if vote == "yes" and wanted is not None and wanted in reach:
                return Yes(by, voice, vote, wanted)
            if vote == "no" and reach & set(self._stages(asked)):
                return Yes(by, voice, vote, "")
        return "not_an_approver"

    def _say(self, asked: Asked, said: Yes, vote: str) -> None:
        if asked.state != "waiting":
            return
        if not any(one is said for one in asked.votes):
            asked.votes = [*asked.votes, said]
        if vote == "no":
            asked.state = "rejected"
        elif not self._lacking(asked):
            asked.state = "failed" if asked.refuses else "executed"

    def _parts(self, asked: Asked, by: int) -> list[tuple[int, str, str]]:
        found = [(PEOPLE[by][1], "approve", "")]
        found += [(human, "make", "") for human in self._makers(asked)]
        return found + [(PEOPLE[one.by][1], "approve", "") for one in asked.votes if one.vote == "yes"]

    def _joined(self, asked: Asked, parts: list[tuple[int, str, str]]) -> bool:
        """Whether somebody would join making the other command and agreeing to an order, on one thing."""
        pairs = {("make", OTHER), ("approve", ORDER)}
        if not self.apart:
            return False
        for human, duty, _ in parts:
            for other in self.asked:
                if other is asked or other.thing != asked.thing or other.state not in ("waiting", "executed"):
                    continue
                done = set()
                if PEOPLE[other.maker][1] == human:
                    done.add(("make", other.command))
                if any(PEOPLE[one.by][1] == human and one.vote == "yes" for one in other.votes):
                    done.add(("approve", other.command))
                if any({(duty, asked.command), was} == pairs for was in done):
                    return True
        return False

    def _refuse_joined(self, asked: Asked, parts: list[tuple[int, str, str]]) -> None:
        if self._joined(asked, parts):
            raise Refusal("duties_segregated")
