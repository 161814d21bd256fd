"""How routes under /v1 answer: permitted, as of a position, in the format wanted, tagged, live.

A route names its resource, whom it is about, and a function that asks one generation:

    @router.get("/classes", summary="List classes", responses=described("classes", CLASSES))
    async def get_classes(asked: Query, page: Paged) -> Response:
        def ask(view: View) -> Answer | None:
            place = page.place(str)  # where the page begins: the types of what it is ordered by
            classes = Classes(view.generation)
            listed, following = classes.list(view.store, place, page.limit, among=view.own)
            return {"classes": listed, "next": page.next(following)}

        return await asked.answer(Resource.CLASS_PORTRAIT, ask, records=CLASSES)

- `asked: Query` takes `after` and `generation`. `asked: LiveQuery` takes `live` too: an answer is
  sent as server-sent events where that or `Accept: text/event-stream` asks for it.
- `subject=` is whom it is about (`student(key)`, `class_group(id)`, `lesson(teachers, classes)` of
  `api.roles`), or a function of the view that finds it out, for those who are limited to their own.
  Who may not have it gets 403 before anything is looked for. Without a subject the answer is a
  list, which has to keep to `view.own` where that isn't None.
- `ask` runs in a thread. It gives a dictionary for JSON, or None: 404, with the sentence in
  `missing=`. That `position` or `as_of` in it are others is no news to a live answer. An answer
  that was remembered tells as `position` an earlier one than the view's: its tag is of that one.
- `records=` names the list in the answer that CSV and Parquet have, with its columns
  (`api.records.Records`). Without it, both are answered 406.
- `mark=` is a cheap question, also of the view: while its answer stays the same, an open live
  answer asks the dear one at most every `OLDEST` seconds. `spacing=` is the least time in seconds
  between two looks of an open live answer, where many people's acts change a dear one.
- `described` writes the formats and an example into the OpenAPI document; schema and example stand
  in `api/descriptions/NAME.yaml`.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import fastapi
import msgspec
import orjson
from fastapi import Depends, Request
from starlette.responses import Response

from api.errors import ApiError
from api.records import Records, as_csv, as_parquet
from api.roles import Asker, Own, Resource, Subject, allow, demand_own
from api.services import Services
from projections.portraits.students import Portraits
from projections.warehouse import Generation, SchemaOutdated, UnknownGeneration

JSON: Final = "application/json"
CSV: Final = "text/csv"
PARQUET: Final = "application/vnd.apache.parquet"
EVENTS: Final = "text/event-stream"

# The longest a query waits for the projection to reach `after`, in seconds.
PATIENCE: Final = 30.0
# The position that an answer reflects, at least.
POSITION_HEADER: Final = "X-Xueji-Position"
# In answers, and no news by themselves.
_NO_NEWS: Final = frozenset({"position", "compared_position", "as_of"})
_PRIVATE: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}

Answer = dict[str, Any]


class View(NamedTuple):
    """What somebody may ask: a generation as of a position, in one store."""

    asker: Asker
    services: Services
    generation: Generation
    position: int

    @property
    def store(self) -> str:
        """The store that is asked about."""
        return self.asker.store

    @property
    def own(self) -> Own | None:
        """What lists are limited to; None where they are about all of the store."""
        return self.asker.own

    @property
    def portraits(self) -> Portraits:
        """The portraits of the generation."""
        return self.services.portraits_of(self.generation)


Ask = Callable[[View], Answer | None]
About = Subject | Callable[[View], Subject] | None


class Question(NamedTuple):
    """What a route asks, and for whom it may be asked."""

    resource: Resource
    ask: Ask
    subject: About
    records: Records | None
    mark: Callable[[View], Any] | None
    missing: str
    spacing: float = 0.0  # seconds at least between two looks of a live answer


class Asked:
    """A request for an answer of the projections; its parameters are those that all have."""

    def __init__(
        self, request: Request, after: int | None, generation: str | None, live: bool | None = None
    ) -> None:
        self.request = request
        self.services: Services = request.app.state.services
        self.after = after
        self._name = generation
        self._live = live  # None where the route has no live answers

    async def answer(
        self,
        resource: Resource,
        ask: Ask,
        *,
        subject: About = None,
        records: Records | None = None,
        mark: Callable[[View], Any] | None = None,
        missing: str = "there is nothing under this name",
        spacing: float = 0.0,
    ) -> Response:
        """Answer as the guide at the top of this module says; raises ApiError."""
        question = Question(resource, ask, subject, records, mark, missing, spacing)
        view = await self.view(question)
        wanted = self._format(records)
        if wanted == EVENTS:
            from api.live_answers import live_answer  # which is made of this

            return await live_answer(self, question, view)
        rest = _rest(view, wanted)  # before anything is asked: what changes meanwhile is another's
        headers = _headers(view, rest, view.position)
        if self._knows(headers):
            return Response(status_code=304, headers=headers)
        answer = await self.content(question, view)
        if is_behind(answer, view):
            # By a tag of the view's position it would be known for as long as the log rests. By
            # what it says, whoever has it asks again: that renews what was remembered.
            digest = await asyncio.to_thread(digest_of, answer)
            headers = _headers(view, f"{rest}-{digest}", reflected(answer, view))
            if self._knows(headers):
                return Response(status_code=304, headers=headers)
        return await asyncio.to_thread(self._written, answer, wanted, records, headers)

    async def view(self, question: Question, *, is_first: bool = True) -> View:
        """Give the view of who asks, as of now; raises ApiError.

        The first time this is a request, which counts, and waits for the position it names.
        """
        subject = question.subject
        known = subject if isinstance(subject, Subject) else None
        asker = await allow(self.request, question.resource, known, is_counted=is_first)
        if is_first and self.after is not None:
            await self._wait(self.after)
        view = await asyncio.to_thread(self._view, asker)
        if callable(subject) and asker.own is not None:
            found = await asyncio.to_thread(subject, view)
            await demand_own(self.services, asker, question.resource, found)
        return view

    async def content(self, question: Question, view: View) -> Answer:
        """Ask; raises ApiError 404 where there is nothing."""
        answer = await asyncio.to_thread(question.ask, view)
        if answer is None:
            raise ApiError(404, question.missing)
        return answer

    def _view(self, asker: Asker) -> View:
        generation = self._find()
        position = self.services.position(generation)
        return View(asker, self.services, generation, position)

    def _find(self) -> Generation:
        try:
            return self.services.found(self._name)
        except UnknownGeneration:
            message = f"there is no generation {self._name!r}"
            raise ApiError(404, message, value=self._name) from None
        except SchemaOutdated as error:
            raise ApiError(409, str(error), value=self._name) from None

    async def _wait(self, after: int) -> None:
        """Wait until a position is reached; raises ApiError 504.

        Nobody waits for a generation that isn't live: nothing carries it on.
        """
        generation = await asyncio.to_thread(self._find)
        if generation.identity == self.services.generation.identity:
            is_reached = await self.services.live.reached(after, PATIENCE)
        else:
            is_reached = await asyncio.to_thread(self.services.position, generation) >= after
        if not is_reached:
            message = f"the projection has not reached position {after} yet"
            raise ApiError(504, message, {"Retry-After": "5"}, value=after)

    def _format(self, records: Records | None) -> str:
        """Choose the format that a request asks for; raises ApiError 406."""
        if self._live:
            return EVENTS
        offered = [JSON]
        offered += [CSV, PARQUET] if records is not None else []
        offered += [EVENTS] if self._live is not None else []
        wanted = ",".join(self.request.headers.getlist("accept"))
        found = best_format(wanted, offered)
        if found is None:
            raise ApiError(
                406,
                f"there is {', '.join(offered)} of this, nothing of what Accept names",
                rule="RFC 9110, 12.5.1",
                value=wanted[:200],
                formats=offered,
            )
        return found

    def _knows(self, headers: dict[str, str]) -> bool:
        """Tell whether who asks has the answer of these headers."""
        return _is_known(self.request.headers.get("if-none-match"), headers["ETag"])

    def _written(
        self, answer: Answer, wanted: str, records: Records | None, headers: dict[str, str]
    ) -> Response:
        """Write an answer in its format; a further page has a link (RFC 8288) in each of them."""
        if answer.get("next") is not None:
            url = self.request.url.include_query_params(cursor=answer["next"])
            headers = {**headers, "Link": f'<{url.path}?{url.query}>; rel="next"'}
        if records is None or wanted == JSON:
            return Response(encoded(answer), headers=headers, media_type=JSON)
        write, ending = (as_csv, "csv") if wanted == CSV else (as_parquet, "parquet")
        name = f'attachment; filename="{records.name}.{ending}"'
        content = write(records, answer[records.name])
        return Response(
            content, headers={**headers, "Content-Disposition": name}, media_type=wanted
        )


def reflected(answer: Answer, view: View) -> int:
    """Give the position that an answer reflects: an earlier one where it was remembered.

    What it only compares with may reflect less still.
    """
    position: int = answer.get("position", view.position)
    return min(view.position, position)


def is_behind(answer: Answer, view: View) -> bool:
    """Tell whether any of an answer was remembered, and the log has gone on since."""
    compared: int = answer.get("compared_position", view.position)
    return min(reflected(answer, view), compared) < view.position


def encoded(answer: Answer) -> bytes:
    """Write an answer as JSON."""
    return orjson.dumps(answer)


def digest_of(answer: Answer) -> str:
    """Give what differs between answers that say different things, whenever they were given."""
    news = {name: value for name, value in answer.items() if name not in _NO_NEWS}
    return blake2b(encoded(news), digest_size=8).hexdigest()


# Parameters ---------------------------------------------------------------------------------------

After = Annotated[
    int | None,
    fastapi.Query(ge=0, description="Wait until the projection has reached this log position."),
]
GenerationName = Annotated[
    str | None,
    fastapi.Query(description="A generation of the projections; the live one if not named."),
]
IsLive = Annotated[
    bool,
    fastapi.Query(description="Send the answer as an event, and again whenever it changes."),
]


def _asked(request: Request, after: After = None, generation: GenerationName = None) -> Asked:
    return Asked(request, after, generation)


def _live_asked(
    request: Request,
    after: After = None,
    generation: GenerationName = None,
    live: IsLive = False,
) -> Asked:
    return Asked(request, after, generation, live)


Query = Annotated[Asked, Depends(_asked)]
LiveQuery = Annotated[Asked, Depends(_live_asked)]


# Formats and tags ---------------------------------------------------------------------------------


def best_format(accept: str, offered: Sequence[str]) -> str | None:
    """Give the offered media type that an Accept header likes best; None where it likes none.

    RFC 9110, 12.5.1: the most specific range counts for each; the first offered wins a tie.
    """
    ranges = [found for one in accept.split(",") if (found := _range(one)) is not None]
    if not ranges:
        return offered[0]
    liked = [(_quality(media_type, ranges), media_type) for media_type in offered]
    quality, best = max(liked, key=lambda one: one[0])
    return best if quality > 0 else None


def _range(text: str) -> tuple[str, float] | None:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    if not name:
        return None
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return name, min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                return name, 0.0
    return name, 1.0


def _quality(media_type: str, ranges: Iterable[tuple[str, float]]) -> float:
    by_range = dict(ranges)
    for name in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if name in by_range:
            return by_range[name]
    return 0.0


def _headers(view: View, rest: str, position: int) -> dict[str, str]:
    """Give the headers of an answer that reflects a position.

    Its entity tag is weak (RFC 9110, 8.8.3): generation, position, and the rest, with a digest of
    the answer where it reflects no one position.
    """
    tag = f'W/"{view.generation.identity}-{position}-{rest}"'
    return {"ETag": tag, POSITION_HEADER: str(position), **_PRIVATE}


def _rest(view: View, wanted: str) -> str:
    """Give the digest of whatever else an answer depends on.

    That is who asks and what is theirs, the day, the format, and which process it is, which may be
    of another version.
    """
    zone = ZoneInfo(view.services.settings.timezone)
    rest = (
        view.store,
        sorted(view.asker.roles),
        view.own,
        datetime.now(zone).date(),
        wanted,
        view.services.edition,
    )
    return blake2b(msgspec.json.encode(rest, order="deterministic"), digest_size=6).hexdigest()


def _is_known(if_none_match: str | None, tag: str) -> bool:
    """Compare weakly (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    known = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return known == ["*"] or tag.removeprefix("W/") in known
