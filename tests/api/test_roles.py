"""Each role sees what the table of roles says, at every route under /v1, and nothing else."""

import itertools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import orjson
import pytest

from api.roles import ALL, NONE, OWN, ROLES, RULES, KnownOwn, Resource, reach_of
from lrs.declarations import Declaration
from lrs.holders import Holder
from projections.rosters.membership import RosterMembership
from projections.vocabulary import EXTENSION_CLASS, TYPE_LESSON
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.membership import InMemory
from tests.support.oidc import AUDIENCE, TokenIssuer, running_issuer
from tests.support.records import AUTHORITY, agent_key, statement

STUDENT, CLASSMATE, STRANGER = (agent_key(name) for name in ("ming", "hong", "stranger"))
TEACHER, COLLEAGUE, OTHER_TEACHER = (agent_key(name) for name in ("wang", "zhao", "qian"))
ROSTER = InMemory(
    schools={"school-1": ["class-1", "class-2"], "school-2": ["class-9"]},
    teachers={"class-1": [TEACHER], "class-2": [COLLEAGUE], "class-9": [OTHER_TEACHER]},
    students={"class-1": [STUDENT], "class-2": [CLASSMATE], "class-9": [STRANGER]},
)

HOLDERS = {
    "student": Holder("student", person=STUDENT),
    "parent": Holder("parent", children=(STUDENT,)),
    "teacher": Holder("teacher", person=TEACHER),
    "school_leader": Holder("school_leader", schools=("school-1",)),
    "vendor": Holder("vendor"),
}
SCOPES = {"evaluator": ("all",), "operator": ("operate",)}


class Subjects(NamedTuple):
    """What a path's parameter may be: somebody's own, and what is nobody's here."""

    own: str
    strange: str


STUDENTS = Subjects(STUDENT, STRANGER)
TEACHERS = Subjects(TEACHER, OTHER_TEACHER)
LESSONS = Subjects("https://district.example/lessons/1", "https://district.example/lessons/9")
CLASSES = Subjects("class-1", "class-9")
SCHOOLS = Subjects("school-1", "school-2")
PERSONAL = (STUDENTS, TEACHERS, LESSONS, CLASSES, SCHOOLS)
ANY = Subjects("anything", "nothing")  # the name of what is nobody's own


class Route(NamedTuple):
    """What a route gives, and what its path names, or the parameter that names it instead."""

    resource: Resource
    subjects: Subjects | None = None
    parameter: str = ""
    also: Resource | None = None  # by which it is open, too, to who may have that


# Every route under /v1. Whoever makes a new one says here what it gives.
ROUTES = {
    "GET /v1/students": Route(Resource.STUDENTS),
    "GET /v1/portraits/students/{person}": Route(Resource.STUDENT_PORTRAIT, STUDENTS),
    "GET /v1/students/{person}/documents": Route(Resource.DOCUMENTS, STUDENTS),
    "GET /v1/identities": Route(Resource.IDENTITIES, STUDENTS, "account"),
    "POST /v1/identities": Route(Resource.IDENTITY_CHANGE),
    "DELETE /v1/identities": Route(Resource.IDENTITY_CHANGE, ANY, "account"),
    "POST /v1/roster": Route(Resource.ROSTER_CHANGE, ANY, "home_page"),
    "GET /v1/roster/schools": Route(Resource.ROSTER),
    "GET /v1/roster/classes": Route(Resource.ROSTER),
    "GET /v1/teachers": Route(Resource.TEACHERS),
    "GET /v1/portraits/teachers/{person}": Route(Resource.TEACHER_PORTRAIT, TEACHERS),
    "GET /v1/lessons": Route(Resource.LESSON),
    "GET /v1/lessons/{lesson_id}": Route(Resource.LESSON, LESSONS),
    "GET /v1/portraits/classes/{name}": Route(Resource.CLASS_PORTRAIT, CLASSES),
    "GET /v1/at-risk": Route(Resource.CLASS_PORTRAIT),
    "GET /v1/trajectories/students/{person}": Route(Resource.STUDENT_PORTRAIT, STUDENTS),
    "GET /v1/trajectories/classes/{name}": Route(Resource.CLASS_PORTRAIT, CLASSES),
    "GET /v1/early-warnings": Route(Resource.CLASS_PORTRAIT),
    "GET /v1/portraits/schools/{name}": Route(Resource.SCHOOL_PORTRAIT, SCHOOLS),
    "GET /v1/portraits/district": Route(Resource.DISTRICT_PORTRAIT),
    "GET /v1/rankings?month=2026-11": Route(Resource.RANKINGS),
    "GET /v1/reports/quarterly?quarter=2026-Q4": Route(Resource.REPORT),
    "GET /v1/students/{person}/mistakes": Route(Resource.MISTAKES, STUDENTS),
    "GET /v1/students/{person}/homework-plan": Route(Resource.HOMEWORK_PLAN, STUDENTS),
    "GET /v1/evaluations/{scheme}/students/{person}": Route(Resource.STUDENT_EVALUATION, STUDENTS),
    "GET /v1/evaluations/{scheme}/trajectories/{person}": Route(
        Resource.STUDENT_EVALUATION, STUDENTS
    ),
    "GET /v1/evaluations/{scheme}/classes/{name}": Route(Resource.CLASS_EVALUATION, CLASSES),
    "GET /v1/evaluations/{scheme}/schools/{name}": Route(Resource.SCHOOL_EVALUATION, SCHOOLS),
    "GET /v1/evaluations/{scheme}/district": Route(Resource.DISTRICT_EVALUATION),
    "POST /v1/evaluations/{scheme}/what-if": Route(Resource.WHAT_IF),
    "GET /v1/evidence": Route(Resource.EVIDENCE, STUDENTS, "person"),
    "GET /v1/status": Route(Resource.STATUS),
    "GET /v1/profiles": Route(Resource.PROFILES),
    "GET /v1/profiles/findings": Route(Resource.FINDINGS),
    "GET /v1/generations": Route(Resource.GENERATIONS),
    "GET /v1/generations/{name}/comparison": Route(Resource.GENERATIONS, ANY),
    "POST /v1/generations/{name}/promote": Route(Resource.GENERATION_CHANGE, ANY),
    "DELETE /v1/generations/{name}": Route(Resource.GENERATION_CHANGE, ANY),
    "GET /v1/replays": Route(Resource.REPLAYS),
    "POST /v1/replays": Route(Resource.REPLAYS),
    "GET /v1/replays/{name}": Route(Resource.REPLAYS, ANY),
    "DELETE /v1/replays/{name}": Route(Resource.REPLAYS, ANY),
    "GET /v1/dead-letters": Route(Resource.DEAD_LETTERS),
    "POST /v1/dead-letters/retry": Route(Resource.RETRY),
    "GET /v1/forwarders": Route(Resource.FORWARDERS),
    "GET /v1/forwarders/{name}/dead-letters": Route(Resource.FORWARDERS, ANY),
    "POST /v1/forwarders/{name}/retry": Route(Resource.FORWARDER_RETRY, ANY),
    "POST /v1/profile/check": Route(Resource.PROFILE_CHECK),
    "GET /v1/mappings": Route(Resource.MAPPINGS),
    "GET /v1/mappings/{name}": Route(Resource.MAPPINGS, ANY),
    "PUT /v1/mappings/{name}": Route(Resource.MAPPING_CHANGE, ANY),
    "DELETE /v1/mappings/{name}": Route(Resource.MAPPING_CHANGE, ANY),
    "GET /v1/schemes": Route(Resource.SCHEMES),
    "GET /v1/schemes/{name}": Route(Resource.SCHEMES, ANY),
    "POST /v1/schemes/check": Route(Resource.SCHEME_CHECK),
    "PUT /v1/schemes/{name}": Route(
        Resource.SCHEME_CHANGE, ANY, also=Resource.SCHOOL_SCHEME_CHANGE
    ),
    "DELETE /v1/schemes/{name}": Route(
        Resource.SCHEME_CHANGE, ANY, also=Resource.SCHOOL_SCHEME_CHANGE
    ),
    "GET /v1/calibrations": Route(Resource.CALIBRATIONS),
    "GET /v1/calibrations/{version}": Route(Resource.CALIBRATIONS, ANY),
    "POST /v1/calibrations": Route(Resource.CALIBRATION_CHANGE),
    "GET /v1/apps": Route(Resource.APPS),
}


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with (
        running_issuer() as issuer,
        application_of(
            request,
            oidc_issuer=issuer.url,
            oidc_audience=AUDIENCE,
            failed_logins_per_minute=0,
        ) as running,
    ):
        running.state.services.members = lambda _: ROSTER
        running.state.issuer = issuer
        yield running


@pytest.fixture(scope="module")
def store(application: RunningApplication) -> str:
    """A store with evidence about each of the students."""
    name = f"store-{uuid4()}"
    client = application.xapi(name)
    for student, number in (("ming", 1), ("hong", 2), ("stranger", 9)):
        where = in_lesson(f"https://district.example/lessons/{number}", f"class-{number}")
        position = client.post(statement(student, context=where)).headers["X-Xueji-Position"]
    answer = client.request("GET", "/v1/students", params={"after": position})
    assert len(answer.json()["students"]) == 3, answer.text
    return name


def in_lesson(lesson: str, class_group: str) -> dict[str, Any]:
    activity = {"id": lesson, "definition": {"type": TYPE_LESSON}}
    return {
        "contextActivities": {"grouping": [activity]},
        "extensions": {EXTENSION_CLASS: class_group},
    }


def asking(application: RunningApplication, store: str, role: str) -> XapiClient:
    """A client in a role."""
    credentials = application.state.credentials
    made, secret = credentials.add(
        store, "homework", SCOPES.get(role, ()), holder=HOLDERS.get(role)
    )
    return XapiClient(application.client, (made.key, secret))


def asked(client: XapiClient, route: str, name: str = "") -> Any:
    method, path = route.split(" ")
    parameter = ROUTES[route].parameter
    parameters = {parameter: name} if parameter else None
    path = path.replace("{scheme}", "district-comprehensive")
    path = re.sub(r"\{\w+\}", quote(name, safe=""), path)
    return client.request(method, path, params=parameters)


# The matrix --------------------------------------------------------------------------------------


def test_every_route_is_in_the_table(application: RunningApplication) -> None:
    described = application.client.app.openapi()["paths"]  # type: ignore[attr-defined]
    there = {
        f"{method.upper()} {path}"
        for path, methods in described.items()
        for method in methods
        if path.startswith("/v1/")
    }
    assert {route.partition("?")[0] for route in ROUTES} == there


@pytest.mark.parametrize(("role", "route"), [*itertools.product(ROLES, ROUTES)])
def test_a_route_is_open_to_a_role_as_far_as_the_table_says(
    application: RunningApplication, store: str, role: str, route: str
) -> None:
    resource, subjects, _, also = ROUTES[route]
    reach = reach_of(resource, [role])
    if reach == NONE and also is not None:
        reach = reach_of(also, [role])
    client = asking(application, store, role)
    for name in subjects or ("",):
        answer = asked(client, route, name)
        is_strange = any(subjects is each for each in PERSONAL) and name == subjects.strange
        is_open = reach == ALL or (reach == OWN and not is_strange)
        assert (answer.status_code != 403) == is_open, (role, route, name, answer.text)
        assert answer.status_code not in (401, 500), answer.text
        if not is_open and answer.json()["error"].get("resource"):
            assert answer.json()["error"]["resource"] == resource.value


def test_the_table_keeps_children_to_those_who_answer_for_them() -> None:
    of_children = {
        Resource.STUDENTS,
        Resource.STUDENT_PORTRAIT,
        Resource.MISTAKES,
        Resource.HOMEWORK_PLAN,
        Resource.DOCUMENTS,
        Resource.EVIDENCE,
        Resource.CLASS_PORTRAIT,
        Resource.STUDENT_EVALUATION,
        Resource.CLASS_EVALUATION,
        Resource.WHAT_IF,
        Resource.LESSON,
    }
    for resource in of_children:
        for role in ("student", "parent", "teacher", "school_leader"):
            assert reach_of(resource, [role]) in (OWN, NONE)
        assert reach_of(resource, ["vendor"]) == NONE
        assert reach_of(resource, ["operator"]) == NONE
    for of_all_schools in (Resource.DISTRICT_PORTRAIT, Resource.REPORT):
        assert [role for role in ROLES if reach_of(of_all_schools, [role]) != NONE] == ["evaluator"]
    assert [role for role in ROLES if reach_of(Resource.REPLAYS, [role]) != NONE] == ["operator"]


def test_every_resource_has_a_rule() -> None:
    assert set(RULES) == set(Resource)


def test_a_credential_in_no_role_sees_nothing(application: RunningApplication, store: str) -> None:
    client = application.xapi(store, "state", "statements/read/mine")
    for route in ROUTES:
        assert asked(client, route, "anything").status_code == 403, route


# Own ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("student", {STUDENT}),
        ("parent", {STUDENT}),
        ("teacher", {STUDENT}),
        ("school_leader", {STUDENT, CLASSMATE}),
        ("evaluator", {STUDENT, CLASSMATE, STRANGER}),
    ],
)
def test_a_list_of_students_shows_a_role_its_own(
    application: RunningApplication, store: str, role: str, seen: set[str]
) -> None:
    client = asking(application, store, role)
    listed, cursor = set(), None
    while True:
        parameters = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        answer = client.request("GET", "/v1/students", params=parameters).json()
        listed |= {one["person"] for one in answer["students"]}
        if (cursor := answer["next"]) is None:
            break
    assert listed == seen


def test_a_refusal_is_the_same_whether_there_is_somebody_or_not(
    application: RunningApplication, store: str
) -> None:
    client = asking(application, store, "teacher")
    route = "GET /v1/portraits/students/{person}"
    refusals = [asked(client, route, one) for one in (STRANGER, agent_key("nobody"))]
    assert [one.status_code for one in refusals] == [403, 403]
    assert refusals[0].content == refusals[1].content
    message = refusals[0].json()["error"]["message"]
    assert "evaluator (all)" in message
    assert "school_leader (own)" in message
    assert "you ask as teacher" in message


def test_a_store_keeps_its_persons_from_those_of_another(
    application: RunningApplication, store: str
) -> None:
    client = asking(application, f"store-{uuid4()}", "student")
    assert asked(client, "GET /v1/portraits/students/{person}", STUDENT).status_code == 404
    assert asked(client, "GET /v1/students").json()["students"] == []


def test_a_student_is_known_by_each_of_the_linked_accounts(
    application: RunningApplication, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = agent_key("ming-at-home")
    roster = InMemory(persons={account: STUDENT})
    monkeypatch.setattr(application.state.services, "members", lambda _: roster)
    credentials = application.state.credentials
    made, secret = credentials.add(store, "", (), holder=Holder("student", person=account))
    client = XapiClient(application.client, (made.key, secret))
    route = "GET /v1/portraits/students/{person}"
    assert asked(client, route, STUDENT).status_code == 200
    assert asked(client, route, account).status_code == 404
    assert asked(client, route, STRANGER).status_code == 403


def test_a_leader_whom_the_roster_knows_needs_no_school_named(
    application: RunningApplication, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = agent_key("head")
    roster = InMemory(**{**vars(ROSTER), "leaders": {leader: ["school-2"]}})
    monkeypatch.setattr(application.state.services, "members", lambda _: roster)
    holder = Holder("school_leader", person=leader)
    made, secret = application.state.credentials.add(store, "", (), holder=holder)
    client = XapiClient(application.client, (made.key, secret))
    assert {one["person"] for one in asked(client, "GET /v1/students").json()["students"]} == {
        STRANGER
    }


def test_who_posts_only_is_a_vendor_and_who_queries_evaluates(
    application: RunningApplication, store: str
) -> None:
    poster = application.xapi(store, "statements/write")
    refusal = asked(poster, "GET /v1/generations").json()["error"]["message"]
    assert "scope" in refusal
    evaluator = application.xapi(store, "projections/read")
    assert asked(evaluator, "GET /v1/portraits/students/{person}", STRANGER).status_code == 200


def test_a_changed_role_holds_for_the_next_request(
    application: RunningApplication, store: str
) -> None:
    credentials = application.state.credentials
    made, secret = credentials.add(store, "", (), holder=HOLDERS["student"])
    client = XapiClient(application.client, (made.key, secret))
    route = "GET /v1/portraits/students/{person}"
    assert asked(client, route, STUDENT).status_code == 200
    credentials.change(made.key, holder=Holder("student", person=STRANGER))
    assert asked(client, route, STUDENT).status_code == 403
    assert asked(client, route, STRANGER).status_code == 200


# Bearer tokens -----------------------------------------------------------------------------------


@pytest.fixture
def issuer(application: RunningApplication) -> TokenIssuer:
    issuer: TokenIssuer = application.state.issuer
    return issuer


def by_token(application: RunningApplication, token: str, person: str) -> int:
    path = f"/v1/portraits/students/{quote(person, safe='')}"
    headers = {"Authorization": f"Bearer {token}"}
    return application.client.get(path, headers=headers).status_code


@pytest.mark.parametrize(
    "claims",
    [
        {"xueji_role": "student", "xueji_person": STUDENT},
        {"xueji_role": "parent", "xueji_child": [STUDENT]},
        {"xueji_role": "parent", "xueji_child": STUDENT},
        {"xueji_role": "teacher", "xueji_person": TEACHER},
        {"xueji_role": "school_leader", "xueji_school": "school-1"},
    ],
    ids=str,
)
@pytest.mark.parametrize("scope", ["openid", "all"])
def test_claims_of_a_token_say_the_role_and_no_scope_goes_around_it(
    application: RunningApplication,
    issuer: TokenIssuer,
    store: str,
    claims: dict[str, Any],
    scope: str,
) -> None:
    token = issuer.token(xueji_store=store, scope=scope, **claims)
    assert by_token(application, token, STUDENT) == 200
    assert by_token(application, token, STRANGER) == 403
    headers = {"Authorization": f"Bearer {token}", "X-Experience-API-Version": "2.0.0"}
    assert application.client.get("/xapi/statements", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"xueji_role": "janitor"},
        {"xueji_role": "operator"},
        {"xueji_role": ["teacher", "evaluator"], "xueji_person": TEACHER},
        {"xueji_role": "teacher"},
        {"xueji_role": "parent", "xueji_person": STUDENT},
        {"xueji_role": "parent", "xueji_child": [7]},
        {"xueji_person": STUDENT},
        {"xueji_child": [STUDENT]},
        {"xueji_school": "school-1"},
    ],
    ids=str,
)
def test_a_token_whose_role_cant_be_told_proves_nothing(
    application: RunningApplication, issuer: TokenIssuer, store: str, claims: dict[str, Any]
) -> None:
    token = issuer.token(xueji_store=store, scope="all", **claims)
    assert by_token(application, token, STUDENT) == 401


def test_a_token_without_a_role_counts_by_its_scopes(
    application: RunningApplication, issuer: TokenIssuer, store: str
) -> None:
    token = issuer.token(xueji_store=store, scope="projections/read")
    assert by_token(application, token, STRANGER) == 200


# Pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "path", "is_open"),
    [
        ("student", f"/ui/students/{quote(STUDENT, safe='')}", True),
        ("student", f"/ui/students/{quote(STRANGER, safe='')}", False),
        ("teacher", f"/ui/students/{quote(STUDENT, safe='')}", True),
        ("teacher", f"/ui/students/{quote(STRANGER, safe='')}", False),
        ("teacher", "/ui/students", True),
        ("vendor", "/ui/classes", False),
    ],
)
def test_a_page_shows_a_role_only_its_own(
    application: RunningApplication, store: str, role: str, path: str, is_open: bool
) -> None:
    client = application.client
    client.cookies.clear()
    made, secret = application.state.credentials.add(store, "", (), holder=HOLDERS[role])
    form = {"key": made.key, "secret": secret, "wanted": path}
    shown = client.post("/ui/sign-in", data=form).text
    client.cookies.clear()
    assert ("这里不对你开放" not in shown) == is_open
    assert ("xj-portrait" in shown or "xj-list" in shown) == is_open
    assert STRANGER not in shown


# The roster itself -------------------------------------------------------------------------------


def declared(application: RunningApplication, store: str, *records: tuple[str, str, Any]) -> int:
    """Declare records of the roster, and wait until the projections have them."""
    declarations = [
        Declaration(kind=kind, id=record, content=orjson.dumps(content))
        for kind, record, content in records
    ]
    stored = application.state.record.declare_now(store, declarations, AUTHORITY.json)
    client = application.xapi(store)
    answer = client.request("GET", "/v1/students", params={"after": stored.position})
    assert answer.status_code == 200, answer.text
    position: int = stored.position
    return position


def enrolled(user: str, group: str, role: str) -> tuple[str, str, Any]:
    content = {"userSourcedId": user, "person": user, "classSourcedId": group, "role": role}
    return "roster-enrollment", f"{user}-{group}", {**content, "schoolSourcedId": "lake"}


def test_the_roster_says_whom_a_teacher_and_a_leader_see(
    application: RunningApplication, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = application.state.services
    monkeypatch.setattr(services, "members", RosterMembership)
    monkeypatch.setattr(services, "known_own", KnownOwn())
    group = {"title": "5-1", "classType": "homeroom", "schoolSourcedId": "lake"}
    declared(
        application,
        store,
        ("roster-org", "lake", {"name": "湖畔小学", "type": "school"}),
        ("roster-class", "5-1", group),
        ("roster-class", "5-2", {**group, "title": "5-2", "schoolSourcedId": "hill"}),
        enrolled(TEACHER, "5-1", "teacher"),
        enrolled(STUDENT, "5-1", "student"),
    )
    teacher = asking(application, store, "teacher")
    holder = Holder("school_leader", schools=("lake",))
    made, secret = application.state.credentials.add(store, "", (), holder=holder)
    leader = XapiClient(application.client, (made.key, secret))
    for client in (teacher, leader):
        listed = asked(client, "GET /v1/students").json()["students"]
        assert [one["person"] for one in listed] == [STUDENT]
        classes = asked(client, "GET /v1/roster/classes").json()["classes"]
        assert [one["class_group"] for one in classes] == ["5-1"]
    declared(application, store, enrolled(CLASSMATE, "5-1", "student"))
    monkeypatch.setattr(services, "known_own", KnownOwn())  # two seconds later
    for client in (teacher, leader):
        listed = asked(client, "GET /v1/students").json()["students"]
        assert {one["person"] for one in listed} == {STUDENT, CLASSMATE}
        route = "GET /v1/portraits/students/{person}"
        assert asked(client, route, CLASSMATE).status_code == 200
        assert asked(client, route, STRANGER).status_code == 403
