"""The results in a store's record, as the growth model learns from them."""

from collections.abc import Iterator
from datetime import date

from projections.activity import LAST_DAY
from projections.prediction.growth_learning import Score
from projections.prediction.levels import MARKED, week_of_school_year
from projections.warehouse import Generation


def scores_of_record(
    generation: Generation, store: str, timezone: str, until: date = LAST_DAY
) -> Iterator[Score]:
    """Give every result up to a day as the fold takes it, those of a person and subject in order.

    A series is a person's subject; a position of the cohort curves is the subject, the kind of
    result and the week of the school year.
    """
    rows = generation.query(
        "day_results",
        store=store,
        timezone=timezone,
        until=until.isoformat(),
        marked=sorted(MARKED),
    )
    for person, subject, day, kind, points, answers in rows:
        yield Score(
            learner=person,
            series=f"{person}\t{subject}",
            cohort="",
            course=subject,
            kind=kind,
            order=week_of_school_year(day),
            day=day,
            score=points,
            answers=answers,
        )
