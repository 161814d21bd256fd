"""A draft of a scheme: weights by sliders, faults while typing, who changes level, publishing."""

from collections.abc import Iterable
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments, ValueChangeEventArguments

from api.roles import SCHEME_CHANGES, Resource
from api.scheme_publishing import SchemesBroken, TooManySchemes, details_of
from api.ui.changes import Field
from api.ui.evaluation_queries import Asked
from api.ui.filters import SEND_VALUE, day_named
from api.ui.layout import Card, Tag, draft_link, message, page, scheme_link
from api.ui.live import PAGE_SECONDS
from api.ui.once import asked_once
from api.ui.pages.scheme_parts import list_faults
from api.ui.pages.what_if import Comparison
from api.ui.permission import is_permitted
from api.ui.refusals import REFUSALS, Notice, refusal_said
from api.ui.session import Visit, Visitor, is_led_out
from projections.evaluation.scheme_faults import SchemeFaulty
from projections.evaluation.scheme_weighing import weighed, weights_said

Told = dict[str, Any]

WHOLE = 100.0
CLOSE = 0.001  # as validation takes sums of weights


@ui.page("/evaluations/schemes/{name}/draft", response_timeout=PAGE_SECONDS)
async def draft_page(visit: Visitor, name: str) -> None:
    """Let a scheme be changed, tried out, and published."""
    words, evaluations = visit.words, visit.evaluations
    with page(words, words("draft.title"), draft_link(name), visit):
        if not await is_permitted(visit, evaluations.permit_draft()):
            return
        for scheme in await asked_once(visit, evaluations.draft(name)):
            if scheme is None:
                message(words("scheme.none"), words("result.no_scheme", scheme=name))
                continue
            await Draft(visit, name, scheme).check()


class Draft:
    """The document, what it weighs, whether it could be published, and what it would change."""

    def __init__(self, visit: Visit, name: str, scheme: Told) -> None:
        self._visit, self._name, self._text = visit, name, str(scheme["text"])
        self._scheme: Told | None = scheme["scheme"]
        self._checks = 0
        self._fields: dict[tuple[str, str], list[Tag]] = {}
        self._sums: dict[str, Tag] = {}
        words = self._words = visit.words
        Tag("a", f"‹ {words('back_to_scheme')}", "xj-back", href=scheme_link(name))
        title = words.of(scheme["title"]) if scheme["title"] else name
        with Tag("div", classes="xj-title"), Tag("div"):
            Tag("h1", words("draft.of", scheme=title))
            Tag("p", words("draft.line"), "xj-note")
        with Tag("div", classes="xj-draft"):
            self._make_weights()
            self._make_document()
        with Card(words, words("draft.state")) as self._state_card:
            self._state = Tag("div", role="status")
            self._make_buttons()
            self._outcome = Tag("div", role="status")
        self._comparison = Comparison(visit)

    def _make_weights(self) -> None:
        words = self._words
        card = Card(words, words("draft.weights"), words("draft.weights.help"))
        with card, Tag("div", classes="xj-weights") as self._weights:
            Tag("p", words("draft.no_weights"), "xj-empty")

    def _make_document(self) -> None:
        words = self._words
        with Card(words, words("scheme.document"), words("draft.document.help")):
            self._field = (
                ui.textarea(value=self._text, on_change=self._typed)
                .classes("xj-yaml")
                .props("outlined debounce=300 input-style='height: 34rem' spellcheck=false")
            )
            self._field.props["aria-label"] = words("scheme.document")

    def _make_buttons(self) -> None:
        words, evaluations = self._words, self._visit.evaluations
        with Tag("div", classes="xj-choice xj-what-if-days") as days:
            self._days = [
                Field(words(f"choice.{end}"), type="date", name=f"what-if-{end}")
                for end in ("from", "to")
            ]
            Tag("small", words("what_if.days"), "xj-note")
        days.set_visibility(evaluations.may(Resource.WHAT_IF))
        with Tag("div", classes="xj-links"):
            self._try = Tag("button", words("draft.try"), "xj-quiet-button", type="button")
            self._try.on("click", self._try_out)
            self._try.set_visibility(evaluations.may(Resource.WHAT_IF))
            self._publish = Tag("button", words("draft.publish"), "xj-button", type="button")
            self._publish.on("click", self._ask_to_publish)
            self._surely = Tag("button", words("draft.surely"), "xj-button", type="button")
            self._surely.on("click", self._publish_now)
            self._surely.set_visibility(False)
            may_publish = evaluations.may(*SCHEME_CHANGES)
            self._publish.set_visibility(may_publish)
        if not may_publish:
            Tag("p", words("draft.readonly"), "xj-note")

    async def _typed(self, event: ValueChangeEventArguments[str | None]) -> None:
        text = event.value or ""
        if text != self._text and not await is_led_out(self._visit):
            self._text = text
            await self.check()

    async def check(self) -> None:
        """Tell whether the document could be published, and what it weighs."""
        self._checks += 1
        this, words = self._checks, self._words
        self._surely.set_visibility(False)
        try:
            told = await self._visit.evaluations.check(self._text)
        except TooManySchemes as error:
            nothing: Told = {"faults": [], "breaks": {}, "scheme": None}
            told = {"valid": False, **nothing, "why": self._too_many(error)}
        if this != self._checks:
            return  # something else was typed since
        self._scheme = told["scheme"] or self._scheme
        for button in (self._try, self._publish):
            button.attribute("disabled", not told["valid"])
        self._state.clear()
        with self._state:
            self._show_state(told)
        self._state_card.aside.text = words("draft.faults.n", n=len(told["faults"]))
        self._show_weights()

    def _show_state(self, told: Told) -> None:
        words = self._words
        if told["valid"]:
            Tag("p", words("draft.valid"), "xj-valid")
        if "why" in told:
            Notice().show(told["why"], is_fault=True)
        if told["faults"]:
            list_faults(told["faults"], words)
        for broken, faults in told["breaks"].items():
            Tag("p", words("draft.breaks", scheme=broken), "xj-notice", role="alert")
            list_faults(faults, words)

    def _too_many(self, error: TooManySchemes) -> str:
        key = "draft.too_many.school" if error.is_school else "draft.too_many"
        return self._words(key, most=error.most)

    # Weights -----------------------------------------------------------------------------------

    def _show_weights(self) -> None:
        """Show the weights of the document; sliders are made anew only for other indicators."""
        scheme = self._scheme
        if scheme is None:
            return
        weights = stated_weights(self._text, scheme)
        if list(self._fields) != list(weights):
            self._make_sliders(scheme, weights)
        sums: dict[str, float] = {}
        for (dimension, indicator), weight in weights.items():
            level = dimension if indicator else ""
            sums[level] = sums.get(level, 0.0) + weight
            for field in self._fields[dimension, indicator]:
                field.attribute("value", f"{weight:g}")
        for level, whole in sums.items():
            is_right = abs(whole - WHOLE) <= CLOSE
            key = "draft.sum" if is_right else "draft.sum.wrong"
            self._sums[level].text = self._words(key, sum=f"{whole:g}")
            self._sums[level].classes(replace="xj-note" if is_right else "xj-wrong")

    def _make_sliders(self, scheme: Told, weights: Iterable[tuple[str, str]]) -> None:
        words = self._words
        self._weights.clear()
        self._fields = {key: [] for key in weights}
        with self._weights:
            self._sums = {"": Tag("p", role="status")}
            for one in scheme["dimensions"]:
                self._slider(words.of(one["title"]), one["id"])
                with Tag("details", classes="xj-weights-of"):
                    Tag("summary", words("draft.indicators", n=len(one["indicators"])))
                    self._sums[one["id"]] = Tag("p", role="status")
                    for each in one["indicators"]:
                        self._slider(words.of(each["title"]), one["id"], each["id"])

    def _slider(self, title: str, dimension: str, indicator: str = "") -> None:
        async def moved(event: GenericEventArguments) -> None:
            await self._move(float(event.args or 0), dimension, indicator)

        name = f"{dimension}.{indicator}" if indicator else dimension
        with Tag("div", classes="xj-weight", data_weight=name):
            Tag("span", title)
            for kind in ("range", "number"):
                label = self._words(f"draft.{kind}", title=title)
                field = Tag("input", type=kind, min="0", max="100", step="1", aria_label=label)
                field.on("change", moved, js_handler=SEND_VALUE)
                self._fields[dimension, indicator].append(field)

    async def _move(self, weight: float, dimension: str, indicator: str) -> None:
        if await is_led_out(self._visit):
            return
        try:
            text = weighed(self._text, min(WHOLE, max(0.0, weight)), dimension, indicator)
        except SchemeFaulty:
            return  # the faults are shown
        self._text = text
        self._field.value = text
        await self.check()

    # What if, and publishing -------------------------------------------------------------------

    async def _try_out(self) -> None:
        if await is_led_out(self._visit):
            return
        self._comparison.begin()
        days = (day_named(field.value) for field in self._days)
        asked = Asked(self._name, *days)
        try:
            told = await self._visit.evaluations.what_if(asked, self._text)
        except REFUSALS as error:
            self._comparison.fail(*refusal_said(error, self._words))
            return
        for field, end in zip(self._days, ("from", "to"), strict=True):
            field.put(told["in_force"]["period"][end])
        self._comparison.show(told)

    def _ask_to_publish(self) -> None:
        self._surely.set_visibility(True)

    async def _publish_now(self) -> None:
        if await is_led_out(self._visit):
            return
        words = self._words
        self._surely.set_visibility(False)
        self._outcome.clear()
        try:
            told = await self._visit.evaluations.publish(self._text)
        except (SchemeFaulty, SchemesBroken) as error:
            with self._outcome:
                self._show_state({"valid": False, "faults": [], "breaks": {}, **details_of(error)})
            return
        except TooManySchemes as error:
            with self._outcome:
                Notice().show(self._too_many(error), is_fault=True)
            return
        except REFUSALS as error:
            with self._outcome:
                Notice().show(*refusal_said(error, words), is_fault=True)
            return
        with self._outcome:
            key = "draft.published" if told["changed"] else "draft.unchanged"
            Tag("p", words(key, version=told["version"]), "xj-notice", role="status")
            Tag("a", words("scheme.read"), href=scheme_link(told["id"]))


def stated_weights(text: str, scheme: Told) -> dict[tuple[str, str], float]:
    """Give the weights by dimension and indicator: what a document says over the last whole scheme.

    So sliders tell how things stand while sums aren't right yet, and the scheme can't be made.
    """
    known = {}
    for one in scheme["dimensions"]:
        known[one["id"], ""] = one["weight"]
        known |= {(one["id"], each["id"]): each["weight"] for each in one["indicators"]}
    said = weights_said(text)
    return {key: said.get(key, weight) for key, weight in known.items()}
