"""Generations of the projections: how each came about, replays with progress, promote and drop."""

from datetime import datetime
from typing import Any

from nicegui import ui

from api.roles import Resource
from api.ui import formats
from api.ui.changes import Field, Outcome, is_confirmed
from api.ui.layout import GENERATIONS, Card, Tag, comparison_link, page
from api.ui.live import PAGE_SECONDS, Live
from api.ui.permission import is_permitted
from api.ui.session import Visit, Visitor
from projections.warehouse import is_generation_name
from streams.replay import promotable

SPACING = 1.0  # seconds between two looks: a replay moves on
FILTERS = ("until_stored", "until_time", "from_position", "store")  # of a replay
MOMENTS = ("until_stored", "until_time")


@ui.page("/generations", response_timeout=PAGE_SECONDS)
async def generations_page(visit: Visitor) -> None:
    """Show the generations, and let who may start a replay, promote and drop."""
    with page(visit.words, visit.words("generations.title"), GENERATIONS, visit):
        if not await is_permitted(visit, visit.operating.permit(Resource.GENERATIONS)):
            return
        view, ask = GenerationsView(visit), visit.operating.generations
        view.live = Live(visit, view, ask, spacing=SPACING, is_timed=True)
        await view.live.begin()


class GenerationsView:
    """The list, each generation with its replay, and the form that starts one."""

    live: Live[dict[str, Any]]

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        words = visit.words
        self._items: dict[str, GenerationItem] = {}
        with Tag("div", classes="xj-title"):
            Tag("h1", words("generations.title"))
        self._broken = Tag("p", words("broken.notice"), "xj-notice", role="alert")
        self._broken.set_visibility(False)
        self.outcome = Outcome(visit)
        with Tag("div", classes="xj-stack"):
            if visit.operating.may(Resource.REPLAYS):
                ReplayForm(self)
            with Card(words, words("generations.list"), words("generations.help")) as self._card:
                self._list = Tag("ol", classes="xj-generations")

    def show(self, answer: dict[str, Any]) -> None:
        """Show the generations, oldest first; one that was shown before stays in its place."""
        self._broken.set_visibility(False)
        self._card.section.set_visibility(True)
        replays = {one["name"]: one for one in answer["replays"]}
        names = {one["name"] for one in answer["generations"]}
        for name in self._items.keys() - names:
            self._items.pop(name).delete()
        for one in answer["generations"]:
            if one["name"] not in self._items:
                with self._list:
                    self._items[one["name"]] = GenerationItem(self, one["name"])
            self._items[one["name"]].show(one, replays.get(one["name"], {}))

    def show_broken(self, since: datetime | None) -> None:
        """Say that the list can't be read; what was shown before stays."""
        self._broken.set_visibility(True)
        self._card.section.set_visibility(since is not None)

    async def change(self, change: Any, done: str) -> None:
        """Change something, say how it went, and show what is so then."""
        went_well, _ = await self.outcome.of(change, done)
        if went_well:
            await self.live.look()


class ReplayForm:
    """What is to be replayed, into a generation of which name."""

    def __init__(self, view: GenerationsView) -> None:
        self._view = view
        words = self._words = view.visit.words
        optional = words("replay.optional")
        with Card(words, words("replay.title"), words("replay.help")):
            with Tag("div", classes="xj-fields"):
                self._name = Field(
                    words("replay.name"),
                    note=words("replay.name.rule"),
                    name="name",
                    maxlength=40,
                    autocomplete="off",
                    spellcheck="false",
                )
                self._moments = {
                    name: Field(
                        words(f"replay.{name}"), note=optional, name=name, type="datetime-local"
                    )
                    for name in MOMENTS
                }
                self._store = Field(
                    words("replay.store"), note=optional, name="store", maxlength=100
                )
            with Tag("div", classes="xj-buttons"):
                start = Tag("button", words("replay.start"), "xj-button", type="button")
                start.on("click", self._start)

    async def _start(self) -> None:
        view, name = self._view, self._name.value
        if not is_generation_name(name):
            rule = self._words("replay.name.rule")
            label = self._words("replay.name")
            why = f"{label}: {rule}"
            view.outcome.say(self._words("change.refused", why=why), is_fault=True)
            return
        wanted = {"name": name, "store": self._store.value}
        for moment, field in self._moments.items():
            if field.value:
                local = datetime.fromisoformat(field.value).replace(tzinfo=view.visit.timezone)
                wanted[moment] = local.isoformat()
        await view.change(
            lambda: view.visit.operating.replay(wanted), self._words("replay.started", name=name)
        )


class GenerationItem:
    """One generation: what it is, how far its replay is, and what can be done with it."""

    TOLD = ("until", "position", "rows", "made")

    def __init__(self, view: GenerationsView, name: str) -> None:
        self._view, self._name = view, name
        self._filters: dict[str, Any] = {}
        self._is_part = False
        words = self._words = view.visit.words
        with Tag("li", data_generation=name) as self._item:
            with Tag("h3"):
                Tag("span", name)
                self._state = Tag("span", classes="xj-badge")
                self._what_if = Tag("span", words("generations.what_if"), "xj-badge")
            with Tag("dl", classes="xj-told"):
                self._told = {key: self._make_told(key) for key in self.TOLD}
            self._note = Tag("p", classes="xj-note")
            with Tag("div", classes="xj-progress") as self._progress:
                self._bar = Tag("progress", aria_label=words("replay.bar", name=name))
                self._done = Tag("p", classes="xj-note")
            with Tag("div", classes="xj-buttons"):
                self._compare = Tag(
                    "a", words("generations.compare"), "xj-quiet-button", href=comparison_link(name)
                )
                self._stop = self._button("replay.stop", self._stop_it)
                self._go_on = self._button("replay.go_on", self._go_on_with_it)
                self._promote = self._button("generations.promote", self._promote_it)
                self._drop = self._button("generations.drop", self._drop_it)

    def _make_told(self, key: str) -> Tag:
        with Tag("div"):
            Tag("dt", self._words(f"generations.{key}"))
            return Tag("dd", data_told=key)

    def _button(self, key: str, does: Any) -> Tag:
        button = Tag("button", self._words(key), "xj-quiet-button", type="button")
        button.attribute("data-does", key)
        button.on("click", does)
        return button

    def delete(self) -> None:
        """Take it off the page: it was dropped."""
        self._item.delete()

    def show(self, generation: dict[str, Any], replay: dict[str, Any]) -> None:
        """Show how it is now."""
        origin, may = generation["origin"], self._view.visit.operating.may
        self._filters, self._is_part = origin.get("filters", {}), bool(origin.get("what_if"))
        is_live, is_outdated = generation["live"], "outdated" in generation
        state = "live" if is_live else replay.get("state") or origin.get("state", "complete")
        self._state.text = self._words(f"generations.{state}")
        self._state.attribute("data-state", state)
        self._what_if.set_visibility(self._is_part)
        self._show_told(generation)
        why = generation.get("outdated") or replay.get("error") or ""
        said = self._words("generations.outdated", why=why) if is_outdated else why
        self._note.text = said
        self._note.set_visibility(bool(said))
        self._show_progress(replay)
        may_change = may(Resource.GENERATION_CHANGE)
        is_running = replay.get("state") == "running"
        self._compare.set_visibility(not is_live and not is_outdated)
        self._stop.set_visibility(is_running and "phase" in replay)
        self._go_on.set_visibility(replay.get("state") in ("stopped", "failed"))
        is_promotable = not is_outdated and not is_running and promotable(origin)
        self._promote.set_visibility(may_change and not is_live and is_promotable)
        self._drop.set_visibility(may_change and not is_live and not is_running)

    def _show_told(self, generation: dict[str, Any]) -> None:
        zone = self._view.visit.timezone
        texts = {
            "until": self._range(),
            "position": formats.count(generation["position"]),
            "made": formats.moment(generation["made"], zone),
            "rows": self._words("nothing"),
        }
        if "rows" in generation:
            texts["rows"] = formats.count(sum(generation["rows"].values()))
        for key, text in texts.items():
            self._told[key].text = text

    def _range(self) -> str:
        zone = self._view.visit.timezone
        said = [
            self._words(
                f"generations.until.{name}",
                value=formats.moment(value, zone) if name in MOMENTS else value,
            )
            for name, value in self._filters.items()
        ]
        # Of one store, which is told to operators only, it is a part still.
        unsaid = "generations.until.part" if self._is_part else "generations.until.all"
        return self._words.listed(said) or self._words(unsaid)

    def _show_progress(self, replay: dict[str, Any]) -> None:
        is_running = replay.get("state") == "running"
        self._progress.set_visibility(is_running)
        if not is_running:
            return
        if "phase" not in replay:
            self._done.text = self._words("replay.preparing")
            return
        words, left = self._words, replay["seconds_left"]
        self._bar.attribute("max", max(1, replay["total"]))
        self._bar.attribute("value", replay["done"])
        self._done.text = words(
            "replay.progress",
            phase=words(f"replay.phase.{replay['phase']}"),
            done=formats.count(replay["done"]),
            total=formats.count(replay["total"]),
            rate=formats.count(round(replay["statements_per_second"])),
            left=words("replay.left", length=formats.length(left, words)) if left else "",
        )

    async def _stop_it(self) -> None:
        operating, name = self._view.visit.operating, self._name
        await self._view.change(
            lambda: operating.stop(name), self._words("replay.stopping", name=name)
        )

    async def _go_on_with_it(self) -> None:
        operating, name = self._view.visit.operating, self._name
        wanted = {"name": name, **self._filters}
        await self._view.change(
            lambda: operating.replay(wanted), self._words("replay.started", name=name)
        )

    async def _promote_it(self) -> None:
        words, operating, name = self._words, self._view.visit.operating, self._name
        question = words("generations.promote.sure", name=name)
        if await is_confirmed(self._view.visit, question, words("generations.promote")):
            done = words("generations.promoted", name=name)
            await self._view.change(lambda: operating.promote(name), done)

    async def _drop_it(self) -> None:
        words, operating, name = self._words, self._view.visit.operating, self._name
        question = words("generations.drop.sure", name=name)
        if await is_confirmed(self._view.visit, question, words("generations.drop")):
            done = words("generations.dropped", name=name)
            await self._view.change(lambda: operating.drop(name), done)
