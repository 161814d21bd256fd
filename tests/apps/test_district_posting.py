"""A whole district is posted from parts, and it is what the apps would have posted one by one."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from api.command_line import main
from api.demo_posting import DistrictPosting, StatementRefused
from apps.catalogue import Catalogue
from apps.demo_district import APPS, post_district, run_demo_district
from apps.district import SCALES, make_district
from apps.truth import Truth
from tests.support.commands import said
from tests.support.small_record import SmallRecord, small_record

CREDENTIALS = {app: (f"{app}-key", "secret") for app in APPS}
SCALE = replace(SCALES["small"], students=12)


@pytest.fixture
def record() -> Iterator[SmallRecord]:
    with small_record() as serving:
        yield serving


def test_the_same_statements_are_posted_as_with_tincan(record: SmallRecord) -> None:
    run_demo_district(record.url, CREDENTIALS, scale=SCALE, progress=False)
    by_tincan = {statement["id"]: statement for statement in record.statements}
    record.statements.clear()
    truth = Truth(make_district(1, SCALE))
    post_district(DistrictPosting(record.url, CREDENTIALS), truth, progress=False)
    assert {statement["id"]: statement for statement in record.statements} == by_tincan
    assert truth.statements.total() == len(by_tincan) == len(record.statements)


def test_what_a_class_does_arrives_in_its_order(record: SmallRecord) -> None:
    post_district(
        DistrictPosting(record.url, CREDENTIALS),
        Truth(make_district(1, SCALE)),
        statements=1_500,
        progress=False,
    )
    moments = defaultdict(list)
    for statement in record.statements:
        for key, code in statement["context"]["extensions"].items():
            if key.endswith("/extensions/class"):
                actor = str(statement["actor"])
                moments[code, actor].append(statement["timestamp"])
    assert len({code for code, _ in moments}) == 4
    assert all(of_class == sorted(of_class) for of_class in moments.values())


def test_posting_ends_with_the_round_in_which_the_number_asked_for_is_reached(
    record: SmallRecord,
) -> None:
    truth = Truth(make_district(1, SCALE))
    posting = DistrictPosting(record.url, CREDENTIALS)
    post_district(posting, truth, statements=200, progress=False)
    assert 200 <= truth.statements.total() == len(record.statements) < 400


def test_every_app_of_a_district_posts_by_its_own_name(record: SmallRecord) -> None:
    scale = replace(
        SCALES["district"], classes=13, students=26, school_days=6, teachers=52, name="tiny"
    )
    truth = Truth(make_district(1, scale))
    apps = Catalogue(truth.district).apps
    credentials = {app: (f"{app}-key", "secret") for app in apps}
    post_district(DistrictPosting(record.url, credentials), truth, progress=False)
    posting = {user.removesuffix("-key:secret") for user, _, _ in record.requests}
    assert posting == set(truth.statements)
    assert len(posting) > 30


def test_a_refusal_stops_posting_and_names_the_rule(record: SmallRecord) -> None:
    record.check = lambda statement: ("$.actor", "an actor is somebody", "2.4.2", None)
    with pytest.raises(StatementRefused, match="an actor is somebody"):
        post_district(
            DistrictPosting(record.url, CREDENTIALS),
            Truth(make_district(1, SCALE)),
            progress=False,
        )


def test_a_scale_that_is_none_is_refused_with_those_there_are() -> None:
    done = CliRunner().invoke(main, ["demo", "--scale", "province"])
    assert done.exit_code == 2
    assert "'province' is not one of small, class, school, district" in said(done)
