"""The district's apps (1+N+x): what kind each is of, who builds it, and which school uses it."""

from dataclasses import dataclass

from apps.district import District

PREVIEW_VIDEO = "preview-video"
CLASSROOM_CLICKER = "classroom-clicker"
HOMEWORK = "homework"
LESSON_ASSISTANT = "lesson-assistant"
BADGES = "badges"
FOOTBALL = "football"
CLOUD_SCHOOL = "cloud-school"

# A common app (N) of each kind, named as its kind is; title in Chinese and English.
KINDS = {
    PREVIEW_VIDEO: "课前预习微课 Preview video",
    CLASSROOM_CLICKER: "课堂答题器 Classroom clicker",
    HOMEWORK: "课后作业 Homework",
    LESSON_ASSISTANT: "学·教小助手 Lesson assistant",
    BADGES: "榜样章 Badges",
    FOOTBALL: "足球养志 Football",
    CLOUD_SCHOOL: "云校 Cloud school",
}
VENDORS = (
    *("district-platform", "jialing", "nanshan-edtech", "hongyan", "ciqikou"),
    *("liziba", "two-rivers-software", "fog-city", "mountain-city"),
)
_OWN_KINDS = (PREVIEW_VIDEO, CLASSROOM_CLICKER, HOMEWORK)
_SCHOOLS_WITH_OWN_BADGES = 2


@dataclass(frozen=True, slots=True)
class App:
    """An app, by the name of its credential."""

    name: str
    kind: str
    title: str
    vendor: str


class Catalogue:
    """The apps of a district."""

    def __init__(self, district: District) -> None:
        common = [App(kind, kind, title, VENDORS[0]) for kind, title in KINDS.items()]
        own = _own_apps(district) if district.scale.own_apps else {}
        self.apps = {app.name: app for app in (*common, *own.values())}
        self._own = {key: app.name for key, app in own.items()}

    def app_of(self, kind: str, school: str) -> str:
        """Give the name of the app that a school uses for something: its own (x) or the common."""
        return self._own.get((kind, school), kind)


def _own_apps(district: District) -> dict[tuple[str, str], App]:
    """Give every school but the last an app of its own for each lesson's part, two for badges."""
    own = {}
    for place, school in enumerate(district.schools[:-1]):
        kinds = [*_OWN_KINDS, *([BADGES] if place < _SCHOOLS_WITH_OWN_BADGES else [])]
        vendor = VENDORS[1 + place % (len(VENDORS) - 1)]
        for kind in kinds:
            title = f"{school.name}{KINDS[kind]}"
            own[kind, school.code] = App(f"{kind}-{school.code}", kind, title, vendor)
    return own
