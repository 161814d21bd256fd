"""Imports: what files become, how they are posted, and what is told of what was refused."""

import gzip
import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from api.imports import (
    Endpoint,
    Import,
    PostingStopped,
    SourceBroken,
    Summary,
    assistments,
    dump,
    import_assistments,
    import_oulad,
    import_statements,
    oulad,
    posting,
    statements,
    summary_table,
)
from api.imports.posting import Outgoing, Poster, Refusal
from lrs.validation import Violation, validate_statement
from lrs.versions import Version
from projections.vocabulary import (
    EXTENSION_CLASS,
    EXTENSION_MADE_UP_TIME,
    EXTENSION_SUBJECT,
    PROFILE_VERSION,
    TYPE_CHECK,
    TYPE_HOMEWORK,
    TYPE_KNOWLEDGE_POINT,
    VERB_ANSWERED,
    VERB_COMPLETED,
    VERB_SCORED,
)
from tests.support.data import data_file
from tests.support.servers import running_server
from tests.support.small_record import SmallRecord, small_record
from tests.support.teaching_cycle import broken_promises

ASSISTMENTS = """user_id,item_id,skills,correct,split
0,12661,1;24;44,0,train
0,12685,1,1,train
1,12661,1;24;44,1,test
0,12697,,1,train
"""
OULAD_SCORES = """\
id_student,code_module,code_presentation,id_assessment,assessment_type,date_due,weight,\
date_submitted,is_banked,score
28400,AAA,2013J,1753,TMA,54.0,20.0,60,False,66.0
11391,AAA,2013J,1752,TMA,19.0,10.0,-1,True,78.0
28400,AAA,2013J,1752,TMA,,12.5,22,False,
28400,BBB,2014B,2001,Exam,,100.0,220,False,0.0
"""
OULAD_STUDENTS = """\
code_module,code_presentation,id_student,gender,region,highest_education,imd_band,age_band,\
num_of_prev_attempts,studied_credits,disability,final_result
AAA,2013J,11391,M,East Anglian Region,HE Qualification,90-100%,55<=,0,240,False,Pass
AAA,2013J,28400,F,Scotland,HE Qualification,20-30%,35-55,0,60,False,Fail
AAA,2014B,30268,F,North Western Region,A Level,30-40%,35-55,0,60,True,Withdrawn
"""


@pytest.fixture
def record() -> Iterator[SmallRecord]:
    with small_record() as serving:
        yield serving


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "LONGEST_WAIT", 0.01)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def written(name: str, content: str | bytes) -> Path:
        raw = content.encode() if isinstance(content, str) else content
        path = tmp_path / name
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    return written


def endpoint(record: SmallRecord, secret: str = "secret") -> Endpoint:
    return Endpoint(record.url, "key", secret)


def quiet(record: SmallRecord, **options: Any) -> Import:
    return Import(endpoint(record), console=Console(file=io.StringIO(), width=500), **options)


def shown(how: Import) -> str:
    assert isinstance(how.console.file, io.StringIO)
    return how.console.file.getvalue()


def numbered(count: int, learners: int = 7) -> Iterator[Outgoing]:
    for number in range(count):
        learner = f"learner {number % learners}"
        statement = {"id": f"id-{number}", "learner": learner, "number": number}
        yield Outgoing(orjson.dumps(statement), learner, place=f"row {number}")


def valid(made: Iterator[Outgoing]) -> list[dict[str, Any]]:
    read = [orjson.loads(each.statement) for each in made]
    for statement in read:
        for version in Version:
            validate_statement(statement, version)
        if "category" in statement["context"]["contextActivities"]:
            assert not broken_promises(statement)
    return read


# Posting.


def test_every_statement_is_posted_once_and_each_learners_in_order(record: SmallRecord) -> None:
    summary = Poster(endpoint(record), batch_size=10, connections=4).post(numbered(1_234))

    assert (summary.read, summary.posted, summary.refused) == (1_234, 1_234, 0)
    assert len(record.stored_ids()) == len(record.statements) == 1_234
    numbers = defaultdict(list)
    for statement in record.statements:
        numbers[statement["learner"]].append(statement["number"])
    assert all(posted == sorted(posted) for posted in numbers.values())
    assert {len(batch) for _, _, batch in record.requests} <= set(range(1, 11))
    assert {user for user, _, _ in record.requests} == {"key:secret"}


@pytest.mark.parametrize("names_paths", [True, False], ids=["named", "not named"])
def test_refused_statements_are_told_and_the_rest_goes_in_in_order(
    record: SmallRecord, names_paths: bool
) -> None:
    def no_multiples_of_seven(statement: Any) -> tuple[str, str, str, Any] | None:
        if statement["number"] % 7:
            return None
        return "$.number", "a number is no multiple of 7", "Data 7", statement["number"]

    record.check = no_multiples_of_seven
    record.names_paths = names_paths
    refusals: list[Refusal] = []
    poster = Poster(endpoint(record), batch_size=25, connections=2, on_refused=refusals.append)
    summary = poster.post(numbered(100, learners=3))

    assert (summary.posted, summary.refused) == (85, 15)
    assert sorted(refusal.place for refusal in refusals) == sorted(
        f"row {number}" for number in range(0, 100, 7)
    )
    assert {refusal.statement_id for refusal in refusals} == {
        f"id-{number}" for number in range(0, 100, 7)
    }
    if names_paths:
        assert {(refusal.path, refusal.section) for refusal in refusals} == {("$.number", "Data 7")}
    assert sum(summary.refused_by_rule.values()) == 15
    assert {rule for rule, _ in summary.refused_by_rule} == {"a number is no multiple of 7"}
    for learner in range(3):
        mine = [s["number"] for s in record.statements if s["learner"] == f"learner {learner}"]
        assert mine == sorted(mine)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_record_is_asked_again_and_nothing_is_lost(record: SmallRecord, status: int) -> None:
    def busy(request: int, batch: list[Any]) -> tuple[int, dict[str, str], bytes] | None:
        return (status, {"Retry-After": "0.01"}, b"later") if request % 3 == 1 else None

    record.interrupt = busy
    summary = Poster(endpoint(record), batch_size=10, connections=2).post(numbered(100))

    assert (summary.posted, summary.refused) == (100, 0)
    assert summary.retries > 0
    assert len(record.statements) == 100


def test_a_record_that_stays_busy_stops_the_posting_with_the_summary_so_far(
    record: SmallRecord,
) -> None:
    record.interrupt = lambda request, batch: (503, {}, b"") if request > 2 else None
    poster = Poster(endpoint(record), batch_size=10, connections=1, attempts=3)

    with pytest.raises(PostingStopped, match="in 3 tries: status 503") as stopped:
        poster.post(numbered(100))
    assert stopped.value.summary.posted == 20


def test_a_record_out_of_reach_stops_the_posting(record: SmallRecord) -> None:
    nobody = Endpoint("http://127.0.0.1:9/xapi", "key", "secret")
    with pytest.raises(PostingStopped, match="in 2 tries: ConnectError"):
        Poster(nobody, attempts=2).post(numbered(10))


def test_a_lost_connection_is_made_again(record: SmallRecord) -> None:
    lost: list[int] = []

    def lose(request: int, batch: list[Any]) -> None:
        if request == 2:
            lost.append(request)
            raise ConnectionResetError("the test cuts the connection")

    record.interrupt = lose
    summary = Poster(endpoint(record), batch_size=10, connections=1).post(numbered(50))
    assert lost
    assert (summary.posted, summary.retries) == (50, 1)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, "does not know this key"), (403, "may not write"), (404, "no statements resource")],
)
def test_a_refused_key_or_a_wrong_address_stops_at_once(
    record: SmallRecord, status: int, reason: str
) -> None:
    record.interrupt = lambda request, batch: (status, {}, b"")
    with pytest.raises(PostingStopped, match=reason) as stopped:
        Poster(endpoint(record), batch_size=5, connections=2).post(numbered(10_000))
    assert stopped.value.summary.posted == 0
    assert len(record.requests) <= 2


@pytest.mark.parametrize("url", ["localhost:8080/xapi", "http://x:port/xapi", "ftp://x/xapi"])
def test_an_address_that_is_none_stops_at_once(url: str) -> None:
    with pytest.raises(PostingStopped) as stopped:
        Poster(Endpoint(url, "key", "secret")).post(numbered(3))
    assert stopped.value.summary.retries == 0


def test_a_record_that_has_to_be_waited_for_is_told_once(
    record: SmallRecord, write: Callable[[str, str], Path]
) -> None:
    record.interrupt = lambda request, batch: (503, {}, b"") if request < 4 else None
    how = quiet(record)
    summary = import_assistments(write("a.csv", ASSISTMENTS), how)
    assert summary.posted == 4
    assert shown(how).count("status 503: trying again") == 1


def test_an_answer_without_ids_is_no_records_answer(record: SmallRecord) -> None:
    record.interrupt = lambda request, batch: (200, {}, b"<html>Welcome</html>")
    with pytest.raises(PostingStopped, match="is it an xAPI endpoint"):
        Poster(endpoint(record)).post(numbered(3))


def test_a_source_that_breaks_off_is_told_after_what_was_read_is_posted(
    record: SmallRecord,
) -> None:
    def broken() -> Iterator[Outgoing]:
        yield from numbered(33)
        raise SourceBroken("the file is cut short")

    with pytest.raises(PostingStopped, match="the file is cut short") as stopped:
        Poster(endpoint(record), batch_size=10).post(broken())
    assert stopped.value.summary.posted == len(record.statements) == 33


def test_statements_of_two_versions_go_in_batches_of_their_own(record: SmallRecord) -> None:
    two = [
        Outgoing(b'{"id":"a"}', "", "1", version="1.0.3"),
        Outgoing(b'{"id":"b"}', "", "2", version="2.0.0"),
        Outgoing(b'{"id":"c"}', "", "3", version="2.0.0"),
    ]
    Poster(endpoint(record)).post(two)
    versions = [headers["X-Experience-API-Version"] for _, headers, _ in record.requests]
    assert versions == ["1.0.3", "2.0.0"]


def test_batches_connections_and_attempts_start_from_one(record: SmallRecord) -> None:
    with pytest.raises(ValueError, match="start from 1"):
        Poster(endpoint(record), batch_size=0)
    with pytest.raises(ValueError, match="start from 1"):
        Poster(endpoint(record), connections=0)
    with pytest.raises(ValueError, match="start from 1"):
        Poster(endpoint(record), attempts=0)


def test_a_secret_is_never_shown(record: SmallRecord) -> None:
    assert "hidden" not in repr(endpoint(record, secret="hidden"))


# ASSISTments.


def test_a_response_is_one_statement_with_all_its_knowledge_points(
    write: Callable[[str, str], Path],
) -> None:
    first = valid(assistments.outgoing(write("assistments09.csv", ASSISTMENTS)))[0]

    activities = first["context"]["contextActivities"]
    assert first["verb"]["id"] == VERB_ANSWERED
    assert first["result"] == {"success": False}
    assert [activity["id"].rpartition("/")[2] for activity in activities["other"]] == [
        "1",
        "24",
        "44",
    ]
    assert {activity["definition"]["type"] for activity in activities["other"]} == {
        TYPE_KNOWLEDGE_POINT
    }
    assert [activity["id"] for activity in activities["category"]] == [PROFILE_VERSION]
    assert first["context"]["extensions"][EXTENSION_SUBJECT] == "mathematics"


def test_a_learners_made_up_times_rise_in_the_rows_order_and_are_marked(
    write: Callable[[str, str], Path],
) -> None:
    read = valid(assistments.outgoing(write("assistments09.csv.gz", ASSISTMENTS)))
    times = [(s["actor"]["account"]["name"], s["timestamp"]) for s in read]
    assert times == [
        ("0", "2009-09-01T00:00:00Z"),
        ("0", "2009-09-01T00:01:00Z"),
        ("1", "2009-09-01T00:00:00Z"),
        ("0", "2009-09-01T00:02:00Z"),
    ]
    assert all(s["context"]["extensions"][EXTENSION_MADE_UP_TIME] is True for s in read)


def test_a_response_without_a_skill_has_no_knowledge_points(
    write: Callable[[str, str], Path],
) -> None:
    last = valid(assistments.outgoing(write("a.csv", ASSISTMENTS)))[-1]
    assert "other" not in last["context"]["contextActivities"]


def test_odd_names_in_a_file_still_make_iris(write: Callable[[str, str], Path]) -> None:
    odd = ASSISTMENTS.replace("12685", "item 1/2 é").replace("24", "frac tions")
    read = valid(assistments.outgoing(write("my set (2).csv", odd)))
    assert read[1]["object"]["id"].endswith("/my%20set%20%282%29/items/item%201%2F2%20%C3%A9")


def test_a_row_always_makes_the_same_statement_and_no_other_row_makes_it(
    write: Callable[[str, str], Path],
) -> None:
    once = [each.statement for each in assistments.outgoing(write("a.csv", ASSISTMENTS))]
    again = [each.statement for each in assistments.outgoing(write("a.csv.gz", ASSISTMENTS))]
    other = [each.statement for each in assistments.outgoing(write("b.csv", ASSISTMENTS))]
    ids = {orjson.loads(statement)["id"] for statement in once + other}
    assert once == again
    assert len(ids) == len(once) + len(other)


def test_importing_assistments_posts_each_row(
    record: SmallRecord, write: Callable[[str, str], Path]
) -> None:
    how = quiet(record)
    summary = import_assistments(write("assistments09.csv.gz", ASSISTMENTS), how)
    assert (summary.read, summary.posted, len(record.statements)) == (4, 4, 4)
    assert "4 statements" in shown(how)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "the columns are missing"),
        ("a,b\n1,2\n", "the columns are a, b; expected are user_id"),
        (ASSISTMENTS.replace("1,test", "yes,test"), "row 3: correct must be 0 or 1, not 'yes'"),
        (ASSISTMENTS.replace("1,12661,1;24;44,1,test", "1,12661"), "row 3 has 2 columns, not 5"),
        (ASSISTMENTS.encode() + b"\xff\xfe,1,1,1,train\n", "not a CSV file in UTF-8"),
    ],
)
def test_a_file_that_holds_no_responses_is_told_with_the_row(
    write: Callable[[str, str | bytes], Path], content: str | bytes, reason: str
) -> None:
    with pytest.raises(SourceBroken, match=reason):
        list(assistments.outgoing(write("a.csv", content)))


def test_a_damaged_or_missing_file_is_told(tmp_path: Path) -> None:
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(ASSISTMENTS.encode())[:-20])
    with pytest.raises(SourceBroken, match="damaged or cut short"):
        list(assistments.outgoing(cut))
    with pytest.raises(SourceBroken, match="No such file"):
        import_assistments(tmp_path / "none.csv", Import(Endpoint("http://x", "", "")))
    with pytest.raises(SourceBroken, match="No such file"):
        import_statements(tmp_path / "none.json", Import(Endpoint("http://x", "", "")))


def test_the_real_assistments_file_gives_valid_statements() -> None:
    made = assistments.outgoing(data_file("assistments09.csv.gz"))
    assert len(valid(islice(made, 0, 20_000, 20))) == 1_000


# OULAD.


def test_scores_are_dated_from_the_start_of_their_presentation(
    write: Callable[[str, str], Path],
) -> None:
    read = valid(oulad.outgoing(write("oulad_assessments.csv", OULAD_SCORES)))
    assert [(s["actor"]["account"]["name"], s["timestamp"]) for s in read] == [
        ("11391", "2013-09-30T00:00:00Z"),
        ("28400", "2013-10-23T00:00:00Z"),
        ("28400", "2013-11-30T00:00:00Z"),
        ("28400", "2014-09-09T00:00:00Z"),
    ]
    assert not any(EXTENSION_MADE_UP_TIME in s["context"]["extensions"] for s in read)


def test_a_score_is_of_100_and_its_assessment_keeps_type_weight_and_due_day(
    write: Callable[[str, str], Path],
) -> None:
    banked, missing, score, exam = valid(oulad.outgoing(write("oulad_x.csv", OULAD_SCORES)))

    assert score["result"]["score"] == {"scaled": 0.66, "raw": 66, "min": 0, "max": 100}
    extensions = {
        key.rpartition("/")[2]: value
        for key, value in score["object"]["definition"]["extensions"].items()
    }
    assert extensions == {"assessment-type": "TMA", "weight": 20, "date-due": 54}
    assert score["context"]["extensions"][EXTENSION_CLASS] == "AAA 2013J"
    assert score["context"]["contextActivities"]["grouping"][0]["id"].endswith("/modules/AAA")
    assert exam["result"]["score"]["raw"] == 0
    assert "result" not in missing
    marks = ["is-banked" in orjson.dumps(s["context"]).decode() for s in (banked, score)]
    assert marks == [True, False]


def test_scores_are_marked_homework_and_exams_are_checks(
    write: Callable[[str, str], Path],
) -> None:
    read = valid(oulad.outgoing(write("oulad_x.csv", OULAD_SCORES)))
    acts = [(s["verb"]["id"], s["object"]["definition"]["type"]) for s in read]
    assert acts == [
        (VERB_SCORED, TYPE_HOMEWORK),
        (VERB_COMPLETED, TYPE_HOMEWORK),
        (VERB_SCORED, TYPE_HOMEWORK),
        (VERB_COMPLETED, TYPE_CHECK),
    ]


def test_final_results_are_completions_and_people_who_left_have_none(
    write: Callable[[str, str], Path],
) -> None:
    read = valid(oulad.outgoing(write("oulad_students.csv", OULAD_STUDENTS)))
    assert [s["result"] for s in read] == [
        {"completion": True, "success": True, "response": "Pass"},
        {"completion": True, "success": False, "response": "Fail"},
        {"completion": False, "response": "Withdrawn"},
    ]
    assert [s["verb"]["display"]["en"] for s in read] == ["completed", "completed", "terminated"]
    assert "Scotland" not in orjson.dumps(read).decode()


def test_scores_and_final_results_are_of_the_same_learners_and_modules(
    record: SmallRecord, write: Callable[[str, str], Path]
) -> None:
    import_oulad(write("oulad_assessments.csv.gz", OULAD_SCORES), quiet(record))
    import_oulad(write("oulad_students.csv.gz", OULAD_STUDENTS), quiet(record))
    homes = {statement["actor"]["account"]["homePage"] for statement in record.statements}
    assert len(homes) == 1
    assert len(record.stored_ids()) == 7


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ("2013J,1753", "2013X,1753", "row 1: a presentation is a year and B or J, not '2013X'"),
        (",60,", ",soon,", "row 1: invalid literal"),
        ("66.0", "166.0", "row 1: a score lies between 0 and 100, not at 166.0"),
        ("Exam", "Oral", "row 4: the assessment type 'Oral' is not known"),
    ],
)
def test_a_row_that_is_no_score_is_told(
    write: Callable[[str, str], Path], right: str, wrong: str, reason: str
) -> None:
    path = write("o.csv", OULAD_SCORES.replace(right, wrong, 1))
    with pytest.raises(SourceBroken, match=reason):
        list(oulad.outgoing(path))


def test_the_real_oulad_files_give_valid_statements() -> None:
    for name in ("oulad_students.csv.gz", "oulad_assessments.csv.gz"):
        made = oulad.outgoing(data_file(name))
        assert len(valid(islice(made, 0, 20_000, 40))) == 500


# Any dump.


def statement_dicts() -> st.SearchStrategy[list[dict[str, Any]]]:
    texts = st.text(st.sampled_from('ab"\\{}[],: \n\té学'), max_size=6)
    values = st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | texts,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
        max_leaves=6,
    )
    return st.lists(st.dictionaries(texts.filter(lambda key: key != "statements"), values))


@given(read=statement_dicts(), indent=st.sampled_from([None, 0, 2]), chunk=st.integers(1, 40))
def test_a_dump_is_cut_into_its_statements_however_it_is_written_and_read(
    read: list[dict[str, Any]], indent: int | None, chunk: int
) -> None:
    one_by_one = "\n".join(json.dumps(each, indent=indent) for each in read)
    written = [
        json.dumps(read, indent=indent, ensure_ascii=False),
        json.dumps({"more": "/more?statements", "statements": read, "z": [1]}, indent=indent),
        f"{json.dumps({'statements': read})}\n{json.dumps({'statements': []})}",
        one_by_one,
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dump, "CHUNK", chunk)
        for text in written:
            found = dump.statements(io.BytesIO(text.encode()))
            assert [json.loads(each) for each in found] == read


@given(blob=st.binary(max_size=60) | st.text('[]{}",:\\ \n1a', max_size=40).map(str.encode))
def test_no_dump_is_so_broken_that_the_reader_hangs_or_fails_otherwise(blob: bytes) -> None:
    try:
        found = list(dump.statements(io.BytesIO(blob)))
    except SourceBroken:
        return
    assert sum(map(len, found)) <= len(blob)


def test_a_cut_dump_gives_what_it_has_and_says_that_it_is_cut() -> None:
    found = dump.statements(io.BytesIO(b'[{"a":1},{"b":2},{"c":'))
    assert [next(found), next(found), next(found)] == [b'{"a":1}', b'{"b":2}', b'{"c":']
    with pytest.raises(SourceBroken, match="cut short"):
        next(found)


def test_a_statement_without_end_is_not_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dump, "LONGEST_STATEMENT", 1_000)
    monkeypatch.setattr(dump, "CHUNK", 100)
    endless = io.BytesIO(b'[{"a":"' + b"x" * 1_000_000)
    with pytest.raises(SourceBroken, match="no end of a statement"):
        list(dump.statements(endless))
    assert endless.tell() < 2_000
    with pytest.raises(SourceBroken, match="longer than"):
        list(dump.statements(io.BytesIO(b"x" * 5_000), as_lines=True))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("dump.json", '[{"id":"1"},\n{"id":"2"}]'),
        ("dump.json.gz", '{"statements":[{"id":"1"},{"id":"2"}],"more":""}'),
        ("dump.jsonl", '{"id":"1"}\n\n{"id":"2"}\n'),
        ("dump.jsonl.gz", '\ufeff{"id":"1"}\r\n{"id":"2"}'),
        ("dump.json", '{\n "id": "1"\n}\n{"id":"2"}'),
    ],
)
def test_every_form_of_dump_is_posted(
    record: SmallRecord, write: Callable[[str, str], Path], name: str, content: str
) -> None:
    how = quiet(record)
    summary = import_statements(write(name, content), how)
    assert (summary.read, summary.posted) == (2, 2)
    assert record.stored_ids() == ["1", "2"]
    assert "100%" in shown(how)


def test_a_broken_line_is_refused_alone_and_the_others_go_in(
    record: SmallRecord, write: Callable[[str, str], Path]
) -> None:
    lines = ['{"id":"1"}', '{"id":"2"},{"id":"3"}', '{"id":', "null", '{"id":"4"}']
    record.check = lambda found: None if isinstance(found, dict) else ("$", "an object", "", found)
    how = quiet(record)
    summary = import_statements(write("dump.jsonl", "\n".join(lines)), how)
    assert (summary.read, summary.posted, summary.refused) == (5, 2, 3)
    assert sorted(record.stored_ids()) == ["1", "4"]
    for place in ("statement 2", "statement 3", "statement 4"):
        assert place in shown(how)


def test_a_statement_without_id_gets_the_same_one_at_each_import(
    record: SmallRecord, write: Callable[[str, str], Path]
) -> None:
    path = write("dump.json", '[{"a":1}, { "a":1}, {}]')
    import_statements(path, quiet(record))
    import_statements(path, quiet(record))
    assert len(record.stored_ids()) == 3
    assert len(record.statements) == 6


def test_refusals_are_written_to_a_file_and_the_summary_counts_them_by_rule(
    record: SmallRecord, write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    record.check = lambda found: ("$.id", "an id is short", "Data 2.4.1", found["id"])
    how = quiet(record, refusals=tmp_path / "refusals.jsonl")
    summary = import_statements(write("dump.json", '[{"id":"long"},{"id":"longer"}]'), how)

    listed = [
        orjson.loads(line) for line in (tmp_path / "refusals.jsonl").read_bytes().splitlines()
    ]
    assert [(each["statement_id"], each["path"], each["rule"]) for each in listed] == [
        ("long", "$.id", "an id is short"),
        ("longer", "$.id", "an id is short"),
    ]
    assert "statement 1 long: $.id: an id is short (Data 2.4.1), not long" in shown(how)
    how.console.print(summary_table(summary))
    assert "an id is short (Data 2.4.1)" in shown(how)


def by_our_rules(statement: Any) -> tuple[str, str, str, Any] | None:
    try:
        validate_statement(statement, Version.V1_0_3)
    except Violation as violation:
        return violation.path, violation.rule, violation.section, violation.value
    return None


def test_of_the_dump_of_2014_each_statement_goes_in_or_is_listed_with_its_rule(
    record: SmallRecord,
) -> None:
    record.check = by_our_rules
    path = data_file("adl_public_lrs_2014.json.gz")
    refusals: list[Refusal] = []
    poster = Poster(endpoint(record), on_refused=refusals.append)
    summary = poster.post(statements.outgoing(path))

    dumped = {statement["id"] for statement in orjson.loads(gzip.decompress(path.read_bytes()))}
    assert summary.read == len(dumped) == 1_153
    assert set(record.stored_ids()) | {refusal.statement_id for refusal in refusals} == dumped
    assert summary.posted + summary.refused == 1_153
    assert all(refusal.rule and refusal.section.startswith("xAPI 1.0.3") for refusal in refusals)


def test_a_summary_of_nothing_has_no_speed() -> None:
    assert Summary().statements_per_second == 0.0


# The whole server.


def test_the_whole_server_takes_each_import_twice_and_keeps_it_once(
    write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    responses = write("assistments09.csv", ASSISTMENTS)
    scores = write("oulad_assessments.csv", OULAD_SCORES)
    dumped = write("dump.json", '[{"actor":{"mbox":"mailto:null"},"verb":{},"object":{}}]')
    with running_server(tmp_path / "data", carrier="none") as server:
        key = server.add_key()
        at = Endpoint(f"{server.address}/xapi", key.key, key.secret)
        how = Import(at, console=Console(file=io.StringIO(), width=500))
        first = import_assistments(responses, how)
        again = import_assistments(responses, how)
        scored = import_oulad(scores, how)
        refused = import_statements(dumped, how)
        with pytest.raises(PostingStopped, match="does not know this key"):
            import_oulad(scores, Import(Endpoint(at.url, at.key, "wrong"), console=how.console))
    assert (first.posted, again.posted, scored.posted) == (4, 4, 4)
    assert (first.refused, again.refused, scored.refused) == (0, 0, 0)
    assert first.position > 0
    assert refused.refused == 1
    assert "statement 1" in shown(how)
