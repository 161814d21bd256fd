"""A fact: one flat piece of evidence about one person, read from one statement."""

from typing import Literal

import msgspec

Phase = Literal["pre", "in", "post", ""]


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """What one statement says about one person.

    One statement gives zero or more facts, numbered by ``ordinal``; a teacher's praise is the
    teacher's action and the student's rating. Texts are empty, never ``None``, where unknown.
    """

    store: str
    statement: str  # statement id, lower case
    ordinal: int  # 0, 1, ... within the statement
    person: str  # the account (lrs.actors.actor_key) of the person it is evidence about
    action: str  # one of projections.vocabulary.ACTIONS
    phase: Phase = ""
    lesson: str = ""  # activity id
    course: str = ""  # activity id
    subject: str = ""  # code of the teaching-cycle profile, such as "mathematics"
    knowledge_points: tuple[str, ...] = ()  # activity ids, sorted, without duplicates
    item: str = ""  # activity id of what was acted on
    verb: str = ""  # verb id as stated
    app: str = ""  # account name of the authority: the credential that posted it
    class_group: str = ""
    school: str = ""
    time: int  # when it happened: microseconds since 1970 UTC, from `timestamp`
    duration: float | None = None  # seconds
    success: bool | None = None
    completion: bool | None = None
    score: float | None = None  # scaled, -1..1
    rating: float | None = None  # 0..1
    response: str = ""
    layer: str = ""  # of layered homework: a code of the profile, such as "basic"
    part_of: str = ""  # activity id of the parent: homework, check, deed, indicator
    counterpart: str = ""  # the other person's account: who gave a badge, or to whom it was given
    progress: float | None = None  # 0..1, of a video or a session
    due: int | None = None  # by when it had to be done: microseconds since 1970 UTC
    position: int  # of the event in the log
    is_deleted: bool = False  # true once its statement is voided

    @property
    def order(self) -> tuple[int, str, int]:
        """The order in which a person's facts are folded: never the order of arrival."""
        return (self.time, self.statement, self.ordinal)
