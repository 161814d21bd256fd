"""How the server is doing: ingest, projection, what was set aside, storage, versions. Live."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from time import monotonic
from typing import Any

from nicegui import ui

from api.roles import Resource
from api.ui import formats
from api.ui.changes import Outcome
from api.ui.layout import OPERATIONS, Card, Tag, page, statement_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.operations_forwarders import Forwarding
from api.ui.parts import KeyFigures
from api.ui.permission import is_permitted
from api.ui.portrait import Part
from api.ui.session import Visit, Visitor
from api.ui.table import Column, DataTable, cell

SPACING = 2.0  # seconds between two looks
RATE_SECONDS = 60.0  # that the rate is an average over, at most

Answer = dict[str, Any]


@ui.page("/operations", response_timeout=PAGE_SECONDS)
async def operations_page(visit: Visitor) -> None:
    """Show how the server is doing, and keep it true."""
    with page(visit.words, visit.words("operations.title"), OPERATIONS, visit):
        if not await is_permitted(visit, visit.operating.permit(Resource.STATUS)):
            return
        view, ask = OperationsView(visit), visit.operating.status
        view.live = Live(visit, view, ask, spacing=SPACING, is_timed=True)
        await view.live.begin()


class OperationsView:
    """The parts of the page."""

    live: Live[Answer]

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = visit.words
        with Tag("div", classes="xj-title"):
            Tag("h1", words("operations.title"))
            Tag("p", words("live"), "xj-live")
        self._broken = Tag("p", words("broken.notice"), "xj-notice", role="alert")
        self._broken.set_visibility(False)
        self.outcome = Outcome(visit)
        with Tag("div", classes="xj-stack xj-pairs") as self._all:
            self._parts: list[Part] = [Health(visit), Projection(visit)]
            if visit.operating.may(Resource.STORAGE):
                self._parts += [Storage(visit), Versions(visit)]
            if visit.operating.may(Resource.FORWARDERS):
                self._parts.append(Forwarding(visit, self._forward_again))
            self._parts.append(Letters(visit, self))

    def show(self, answer: Answer) -> None:
        """Show how it is doing now."""
        self._broken.set_visibility(False)
        self._all.set_visibility(True)
        for part in self._parts:
            part.show(answer)

    async def _forward_again(self) -> None:
        operating = self._visit.operating
        went_well, count = await self.outcome.of(operating.retry_refused)
        if went_well:
            self.outcome.say(self._visit.words("forwarders.retried", n=count))
            await self.live.look()

    def show_broken(self, since: datetime | None) -> None:
        """Say that it can't be asked; what was shown before stays."""
        self._broken.set_visibility(True)
        self._all.set_visibility(since is not None)


class Health(KeyFigures):
    """What one looks at first."""

    PREFIX = "operations"
    KEYS = ("rate", "position", "lag", "letters")

    def __init__(self, visit: Visit) -> None:
        super().__init__(visit)
        self._seen: deque[tuple[float, int]] = deque()  # when, and the log's end then

    def texts(self, portrait: Answer) -> dict[str, str]:
        """Give each figure as it is to be read."""
        status, nothing = portrait["status"], self.words("nothing")
        position, carrier = status["record"]["position"], status["carrier"]
        rate, lag, letters = self._rate(position), nothing, nothing
        if carrier is not None:
            lag = formats.count(carrier["lag"])
            if carrier["dead_letters"] is not None:
                letters = formats.count(carrier["dead_letters"])
        return {
            "rate": nothing if rate is None else self.words("operations.rate.value", rate=rate),
            "position": formats.count(position),
            "lag": lag,
            "letters": letters,
        }

    def _rate(self, position: int) -> str | None:
        """Give events a second since the oldest look of the last minute; None at the first look."""
        now = monotonic()
        self._seen.append((now, position))
        while self._seen[0][0] < now - RATE_SECONDS:
            self._seen.popleft()
        then, before = self._seen[0]
        return f"{(position - before) / (now - then):,.1f}" if now > then else None


class Told:
    """Names and values, each known by its key; `names` are the names by key."""

    def __init__(self, names: Mapping[str, str]) -> None:
        with Tag("dl", classes="xj-told xj-told-lines"):
            self._rows = {key: self._row(key, name) for key, name in names.items()}

    def _row(self, key: str, name: str) -> tuple[Tag, Tag]:
        with Tag("div") as row:
            Tag("dt", name)
            return row, Tag("dd", data_told=key)

    def tell(self, key: str, text: str | None) -> None:
        """Tell a value; None leaves its row out."""
        row, value = self._rows[key]
        row.set_visibility(text is not None)
        value.text = text or ""


class Projection:
    """What keeps the live generation: the carrier, and the relay where there is one."""

    RELAY = ("position", "lag", "published")

    def __init__(self, visit: Visit) -> None:
        self._zone = visit.timezone
        words = self._words = visit.words
        with Card(words, words("operations.carrier"), words("operations.carrier.help")):
            keys = ("state", "generation", "batch", "error", "mappings")
            self._carrier = Told({key: words(f"operations.{key}") for key in keys})
        with Card(words, words("operations.relay")) as self._relay_card:
            names = {key: words(f"operations.relay.{key}") for key in self.RELAY}
            self._relay = Told({**names, "error": words("operations.error")})

    def show(self, answer: Answer) -> None:
        """Show how both are doing."""
        status, words, told = answer["status"], self._words, self._carrier.tell
        carrier, waiting = status["carrier"], status["mappings_waiting"]
        told("generation", status["generation"])
        told("mappings", self._words.clauses(_waiting(waiting)) or None)
        if carrier is None:
            told("state", words("operations.elsewhere"))
            told("batch", None)
            told("error", None)
        else:
            is_running = carrier["running"]
            told("state", words("operations.running" if is_running else "operations.not_running"))
            told("error", carrier["error"] or words("operations.no_error"))
            events, seconds = carrier["last_batch_events"], carrier["last_batch_seconds"]
            batch = words(
                "operations.batch.value", events=formats.count(events), seconds=f"{seconds:.2f}"
            )
            told("batch", batch if events else None)
        self._show_relay(status["relay"])

    def _show_relay(self, relay: Answer | None) -> None:
        self._relay_card.section.set_visibility(relay is not None)
        if relay is None:
            return
        nothing, zone = self._words("nothing"), self._zone
        for key in ("position", "lag"):
            self._relay.tell(key, nothing if relay[key] is None else formats.count(relay[key]))
        published = relay["published"]
        self._relay.tell("published", formats.moment(published, zone) if published else nothing)
        self._relay.tell("error", relay["error"] or self._words("operations.no_error"))


def _waiting(waiting: Any) -> list[str]:
    """Name the mappings that wait, by store."""
    return [f"{store}: {', '.join(names)}" for store, names in waiting.items() if names]


class Letters:
    """What was set aside, with its reasons, and a button that tries it again."""

    def __init__(self, visit: Visit, view: OperationsView) -> None:
        self._visit, self._view = visit, view
        words = self._words = visit.words
        self._may_read = visit.operating.may(Resource.STATEMENTS)
        title, explanation = words("operations.letters"), words("operations.letters.help")
        with Card(words, title, explanation, "xj-wide"):
            self._none = Tag("p", words("operations.letters.none"), "xj-note", role="status")
            with Tag("div") as self._some:
                self._first = Tag("p", classes="xj-note")
                kinds = {"position": "number", "statement": "link", "since": "number"}
                self._table = DataTable(
                    words,
                    words("operations.letters"),
                    [
                        Column(key, words(f"operations.letter.{key}"), kinds.get(key, "text"))  # type: ignore[arg-type]
                        for key in ("statement", "reason", "store", "position", "since")
                    ],
                    export=words("operations.letters"),
                )
                if visit.operating.may(Resource.RETRY):
                    with Tag("div", classes="xj-buttons"):
                        again = Tag("button", words("operations.retry"), "xj-button", type="button")
                        again.on("click", self._retry)

    def show(self, answer: Answer) -> None:
        """Show what is set aside now."""
        known = answer["letters"]
        letters = known["dead_letters"] if known else []
        self._none.text = self._words("operations.letters.none" if known else "broken.title")
        self._none.set_visibility(not letters)
        self._some.set_visibility(bool(letters))
        self._first.set_visibility(bool(known and known["next"] is not None))
        self._first.text = self._words("operations.letters.first", n=len(letters))
        self._table.show(
            {
                "id": str(one["position"]),
                "statement": self._statement(one["statement"]),
                "reason": cell(one["reason"]),
                "store": cell(one["store"]),
                "position": cell(formats.count(one["position"])),
                "since": cell(formats.moment(one["since"], self._visit.timezone)),
            }
            for one in letters
        )

    def _statement(self, identifier: str) -> dict[str, Any]:
        is_link = bool(identifier) and self._may_read
        return cell(identifier, href=statement_link(identifier) if is_link else None)

    async def _retry(self) -> None:
        went_well, counts = await self._view.outcome.of(self._visit.operating.retry)
        if went_well and counts is not None:
            self._view.outcome.say(self._words("operations.retried", **counts))
            await self._view.live.look()


class Storage:
    """How much is stored, and how much there is room for."""

    KEYS = ("record", "warehouse", "attachments", "free")

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        with Card(words, words("operations.storage")):
            self._told = Told({key: words(f"operations.storage.{key}") for key in self.KEYS})

    def show(self, answer: Answer) -> None:
        """Show the sizes."""
        sizes, nothing = answer["storage"], self._words("nothing")
        elsewhere = self._words("operations.storage.elsewhere")
        for key in self.KEYS:
            size = sizes[key] if sizes else None
            unknown = elsewhere if sizes else nothing
            self._told.tell(key, unknown if size is None else formats.size(size))


class Versions:
    """Which versions of everything these are."""

    KEYS = ("xueji", "schema", "xapi", "record", "warehouse", "python")

    def __init__(self, visit: Visit) -> None:
        words = visit.words
        self._nothing = words("nothing")
        with Card(words, words("operations.versions")):
            self._told = Told({key: words(f"operations.versions.{key}") for key in self.KEYS})

    def show(self, answer: Answer) -> None:
        """Show the versions."""
        versions = answer["versions"] or {}
        for key in self.KEYS:
            self._told.tell(key, versions.get(key, self._nothing))
