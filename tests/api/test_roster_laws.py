"""Any sequence of imports ends in the classes that a small model says, day by day."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.test_roster_plan import MODIFIED, District, is_unchanged
from tests.support.oneroster import class_group, delta, enrollment, files_of, small_rows

DAY_0 = date(2026, 9, 1)
DAYS = range(20)
ENROLLMENTS = ("e0", "e1", "e2")
CLASSES = ("5-1", "5-2", "5-3")
BEFORE = -1  # since nobody knows when
Timeline = dict[int, str | None]

# When the source says that an enrollment begins and ends, each time it names it; None: it doesn't.
spans = st.tuples(st.none() | st.integers(0, 8), st.none() | st.integers(9, 19))


def day(number: int) -> str:
    return (DAY_0 + timedelta(days=number)).isoformat()


class Model:
    """Knows of every enrollment which class it is in on every day, and nothing of records."""

    def __init__(self, stated: dict[str, tuple[int | None, int | None]]) -> None:
        self.stated = stated
        self.classes: dict[str, Timeline] = {one: dict.fromkeys((BEFORE, *DAYS)) for one in stated}
        self.is_first = True

    def take(self, on: int, told: dict[str, str | None]) -> None:
        """From a day on, enrollments are in these classes, or in none."""
        for one, name in told.items():
            begin, end = self.stated[one]
            timeline = self.classes[one]
            is_new = not any(timeline.values())
            since = on
            if is_new and name is not None:
                since = BEFORE if self.is_first or begin is not None else on
            for each in timeline:
                if each >= since:
                    holds = (begin is None or each >= begin) and (end is None or each < end)
                    timeline[each] = name if holds else None
        self.is_first = False


@st.composite
def imports(draw: st.DrawFn) -> list[tuple[int, str, dict[str, str | None]]]:
    """Draw days that never go back, of bulk and delta files, and what each says."""
    number = draw(st.integers(1, 6))
    days = sorted(draw(st.lists(st.integers(0, 19), min_size=number, max_size=number)))
    drawn: list[tuple[int, str, dict[str, str | None]]] = []
    for on in days:
        mode = draw(st.sampled_from(["bulk", "delta"])) if drawn else "bulk"
        classes = st.sampled_from(CLASSES)
        told: dict[str, str | None] = {}
        for one in ENROLLMENTS:
            if draw(st.booleans()):
                told[one] = draw(classes if mode == "bulk" else classes | st.none())
        if not drawn or (mode == "bulk" and not told):
            told["e0"] = draw(classes)
        if mode == "bulk":
            told = {one: told.get(one) for one in ENROLLMENTS}
        drawn.append((on, mode, told))
    return drawn


@settings(max_examples=400)
@given(history=imports(), stated=st.tuples(spans, spans))
def test_any_sequence_of_imports_ends_in_the_classes_that_the_model_says(
    history: list[tuple[int, str, dict[str, str | None]]],
    stated: tuple[tuple[int | None, int | None], ...],
) -> None:
    days = dict(zip(ENROLLMENTS, ((None, None), *stated), strict=True))
    district, model = District(), Model(days)
    rows = small_rows()
    rows["classes"].append(class_group("5-3", "五年级3班"))
    del rows["enrollments"]
    district.take(rows)
    for on, mode, told in history:
        model.take(on, told)
        found = [
            record for one, name in told.items() for record in said(one, name, days[one], mode)
        ]
        if not found:  # a delta file without news is none
            continue
        modes = {"enrollments": mode}
        district.take({"enrollments": found}, day(on), modes)
        assert by_day(district) == model.classes
        assert is_unchanged(district.take({"enrollments": found}, day(on), modes))


def said(
    one: str, name: str | None, days: tuple[int | None, int | None], mode: str
) -> list[dict[str, str]]:
    """Write what a file says of an enrollment; a bulk file leaves out what is no more."""
    begin, end = ("" if each is None else day(each) for each in days)
    who = {"e0": "t1", "e1": "s1", "e2": "s2"}[one]
    record = enrollment(one, who, name or "5-1", "student", begin, end)
    if mode == "bulk":
        return [record] if name is not None else []
    return delta([record], MODIFIED, "active" if name is not None else "tobedeleted")


def by_day(district: District) -> dict[str, Timeline]:
    """Give the class of each enrollment on each day, by the days that were declared."""
    found: dict[str, Timeline] = {one: dict.fromkeys((BEFORE, *DAYS)) for one in ENROLLMENTS}
    for content in district.contents("enrollment").values():
        timeline = found[content["sourcedId"]]
        for each in timeline:
            if holds(content, each):
                assert timeline[each] is None, "two classes on one day"
                timeline[each] = content["classSourcedId"]
    return found


def holds(content: dict[str, Any], each: int) -> bool:
    on = day(each)
    begins = content["begin"] is None or (each != BEFORE and content["begin"] <= on)
    return begins and (content["end"] is None or on <= content["end"])


def test_the_files_of_the_model_are_what_a_source_sends() -> None:
    rows = {"enrollments": said("e1", "5-1", (0, 9), "bulk")}
    assert b"2026-09-01,2026-09-10" in files_of(rows)["enrollments.csv"]
