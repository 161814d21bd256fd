"""A scheme's page: what it judges by, put together with what it extends."""

from collections.abc import Sequence

from nicegui import ui

from api.roles import Resource
from api.ui.asking import Answer
from api.ui.layout import EVALUATIONS, Tag, comparison_of_schemes, draft_link, page, scheme_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.scheme_parts import (
    Document,
    Faults,
    Indicators,
    Levels,
    Overrides,
    Versions,
    origin_text,
)
from api.ui.pages.scheme_withdrawal import Withdrawal
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, PortraitView
from api.ui.session import Visit, Visitor

SPACING = 10.0  # seconds between two looks: schemes change seldom


@ui.page("/evaluations/schemes/{name}", response_timeout=PAGE_SECONDS)
async def scheme_page(visit: Visitor, name: str, version: int | None = None) -> None:
    """Show a scheme as it is now, or its document of a version."""
    path = scheme_link(name, "" if version is None else str(version))
    with page(visit.words, visit.words("schemes.title"), path, visit):
        if not await is_permitted(visit, visit.evaluations.permit_schemes()):
            return
        view = SchemeView(visit, name)
        ask = Live(visit, view, lambda: _asked(visit, name, version), spacing=SPACING)
        await ask.begin()


async def _asked(visit: Visit, name: str, version: int | None) -> Answer | None:
    """Ask for a scheme, and whether the visitor may withdraw it."""
    evaluations = visit.evaluations
    found = await evaluations.scheme(name, version)
    return found and {**found, "may_withdraw": await evaluations.may_withdraw(found)}


class SchemeView(PortraitView):
    """The parts of the page."""

    def __init__(self, visit: Visit, name: str) -> None:
        self._name = name
        super().__init__(visit, ("back_to_evaluation", EVALUATIONS), "xj-scheme")

    def make_controls(self) -> None:
        """Lead to a comparison, and to a draft where the visitor may check one."""
        words = self.visit.words
        with Tag("div", classes="xj-links"):
            Tag("a", words("scheme.compare"), href=comparison_of_schemes(self._name))
            if self.visit.queries.may_see(Resource.SCHEME_CHECK):
                Tag("a", words("scheme.draft"), href=draft_link(self._name))

    def make_parts(self) -> Sequence[Part]:
        """Make the parts."""
        visit = self.visit
        return [
            Faults(visit),
            Indicators(visit),
            Levels(visit),
            Versions(visit),
            Overrides(visit),
            Document(visit),
            Withdrawal(visit, self._name),
        ]

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Give the scheme's title, and where it comes from."""
        words, scheme = self.visit.words, portrait["scheme"]
        title = words.of(portrait["title"]) if portrait["title"] else self._name
        line = [self._name, origin_text(portrait, words)]
        if portrait["version"]:
            line.append(words("scheme.version", version=portrait["version"]))
        if portrait["extends"]:
            line.append(words("scheme.extending", scheme=portrait["extends"]))
        if scheme and scheme.get("description"):
            line.append(words.of(scheme["description"]))
        return title, " · ".join(line)

    def missing(self) -> tuple[str, str]:
        """Say that there is no such scheme."""
        words = self.visit.words
        return words("scheme.none"), words("result.no_scheme", scheme=self._name)
