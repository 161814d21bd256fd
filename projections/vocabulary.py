"""The words of the teaching cycle: the IRIs of its xAPI Profile, its codes, the actions of facts.

``profiles/teaching-cycle.jsonld`` publishes the IRIs and codes; this file is what programs use. A
test holds the two together.
"""

import msgspec

PROFILE = "https://xueji.dev/xapi/teaching-cycle"
PROFILE_VERSION = f"{PROFILE}/v1.0"
PROFILE_ACTIVITY_TYPE = "http://adlnet.gov/expapi/activities/profile"

# Activity types: what a thing in the teaching cycle is.
TYPE_BADGE = f"{PROFILE}/activity-types/badge"
TYPE_CHECK = f"{PROFILE}/activity-types/check"
TYPE_COURSE = f"{PROFILE}/activity-types/course"
TYPE_DEED = f"{PROFILE}/activity-types/deed"
TYPE_GROUP_TASK = f"{PROFILE}/activity-types/group-task"
TYPE_HOMEWORK = f"{PROFILE}/activity-types/homework"
TYPE_INDICATOR = f"{PROFILE}/activity-types/indicator"
TYPE_INTERACTION = f"{PROFILE}/activity-types/interaction"
TYPE_ITEM = f"{PROFILE}/activity-types/item"
TYPE_KNOWLEDGE_POINT = f"{PROFILE}/activity-types/knowledge-point"
TYPE_LESSON = f"{PROFILE}/activity-types/lesson"
TYPE_POLL = f"{PROFILE}/activity-types/poll"
TYPE_PREVIEW = f"{PROFILE}/activity-types/preview"
TYPE_REMOTE_SESSION = f"{PROFILE}/activity-types/remote-session"
TYPE_RESOURCE = f"{PROFILE}/activity-types/resource"
TYPE_STRATEGY = f"{PROFILE}/activity-types/strategy"

# Context extensions: what is said about a statement by a code rather than by an activity.
EXTENSION_CLASS = f"{PROFILE}/extensions/class"
EXTENSION_DUE = f"{PROFILE}/extensions/due"
EXTENSION_GRADE = f"{PROFILE}/extensions/grade"
EXTENSION_LAYER = f"{PROFILE}/extensions/layer"
EXTENSION_MADE_UP_TIME = f"{PROFILE}/extensions/made-up-time"
EXTENSION_PHASE = f"{PROFILE}/extensions/phase"
EXTENSION_RATER = f"{PROFILE}/extensions/rater"
EXTENSION_SCHOOL = f"{PROFILE}/extensions/school"
EXTENSION_STAGE = f"{PROFILE}/extensions/stage"
EXTENSION_SUBJECT = f"{PROFILE}/extensions/subject"

# Verbs of the profile's own, where no published vocabulary has one that fits.
VERB_ADJUSTED = f"{PROFILE}/verbs/adjusted"
VERB_ADOPTED = f"{PROFILE}/verbs/adopted"
VERB_COLLABORATED = f"{PROFILE}/verbs/collaborated"
VERB_CORRECTED = f"{PROFILE}/verbs/corrected"
VERB_GAVE_FEEDBACK = f"{PROFILE}/verbs/gave-feedback"
VERB_ORGANISED = f"{PROFILE}/verbs/organised"
VERB_PAID_ATTENTION = f"{PROFILE}/verbs/paid-attention"
VERB_PUSHED = f"{PROFILE}/verbs/pushed"

# Verbs the profile takes from others: ADL and SCORM, TinCan registry, Activity Streams, AcrossX,
# video profile.
VERB_ANSWERED = "http://adlnet.gov/expapi/verbs/answered"
VERB_ATTENDED = "http://adlnet.gov/expapi/verbs/attended"
VERB_COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
VERB_SCORED = "http://adlnet.gov/expapi/verbs/scored"
VERB_SHARED = "http://adlnet.gov/expapi/verbs/shared"
VERB_VOIDED = "http://adlnet.gov/expapi/verbs/voided"
VERB_EARNED = "http://id.tincanapi.com/verb/earned"
VERB_MENTORED = "http://id.tincanapi.com/verb/mentored"
VERB_PERSONALIZED = "http://id.tincanapi.com/verb/personalized"
VERB_PREVIEWED = "http://id.tincanapi.com/verb/previewed"
VERB_RATED = "http://id.tincanapi.com/verb/rated"
VERB_REQUESTED_ATTENTION = "http://id.tincanapi.com/verb/requested-attention"
VERB_VIEWED = "http://id.tincanapi.com/verb/viewed"
VERB_ASSIGN = "http://activitystrea.ms/schema/1.0/assign"
VERB_CREATE = "http://activitystrea.ms/schema/1.0/create"
VERB_USE = "http://activitystrea.ms/schema/1.0/use"
VERB_SEARCHED = "https://w3id.org/xapi/acrossx/verbs/searched"
VERB_PAUSED = "https://w3id.org/xapi/video/verbs/paused"
TYPE_VIDEO = "https://w3id.org/xapi/video/activity-type/video"


class Term(msgspec.Struct, frozen=True):
    """A code of the profile with its names."""

    code: str
    zh: str
    en: str


class Action(msgspec.Struct, frozen=True):
    """A kind of evidence about a person.

    ``phase`` (``pre``, ``in``, ``post`` or empty) is taken where neither the statement nor the
    mapping rule says one. ``is_answer`` marks a response to one item: with a known success it
    counts for the mastery of its knowledge points; no other action does.
    """

    code: str
    zh: str
    en: str
    phase: str = ""
    is_answer: bool = False


def _by_code(*terms: tuple[str, str, str]) -> dict[str, Term]:
    return {code: Term(code, zh, en) for code, zh, en in terms}


PHASES = _by_code(
    ("pre", "课前", "Before class"),
    ("in", "课中", "In class"),
    ("post", "课后", "After class"),
)

# The subjects of the curriculum of compulsory education (2022) and of senior schools (2020).
SUBJECTS = _by_code(
    ("chinese", "语文", "Chinese"),
    ("mathematics", "数学", "Mathematics"),
    ("english", "英语", "English"),
    ("japanese", "日语", "Japanese"),
    ("russian", "俄语", "Russian"),
    ("morality-and-law", "道德与法治", "Morality and law"),
    ("politics", "思想政治", "Politics"),
    ("history", "历史", "History"),
    ("geography", "地理", "Geography"),
    ("science", "科学", "Science"),
    ("physics", "物理", "Physics"),
    ("chemistry", "化学", "Chemistry"),
    ("biology", "生物学", "Biology"),
    ("information-technology", "信息科技", "Information technology"),
    ("general-technology", "通用技术", "General technology"),
    ("physical-education", "体育与健康", "Physical education and health"),
    ("arts", "艺术", "Arts"),
    ("music", "音乐", "Music"),
    ("fine-arts", "美术", "Fine arts"),
    ("labour", "劳动", "Labour"),
    ("integrated-practice", "综合实践活动", "Integrated practice"),
    ("mental-health", "心理健康", "Mental health"),
    ("local-curriculum", "地方课程", "Local curriculum"),
    ("school-curriculum", "校本课程", "School-based curriculum"),
)

STAGES = _by_code(
    ("kindergarten", "幼儿园", "Kindergarten"),
    ("primary", "小学", "Primary school"),
    ("junior", "初中", "Junior secondary school"),
    ("senior", "高中", "Senior secondary school"),
)

LAYERS = _by_code(
    ("basic", "基础", "Basic"),
    ("advanced", "提高", "Advanced"),
    ("challenge", "拓展", "Challenge"),
)

RATERS = _by_code(
    ("teacher", "教师", "Teacher"),
    ("peer", "同伴", "Peer"),
    ("self", "自己", "Self"),
    ("parent", "家长", "Parent"),
)

OTHER = "other"

ACTIONS: dict[str, Action] = {
    action.code: action
    for action in (
        # What learners do.
        Action("preview", "预习", "Preview", "pre"),
        Action("check", "检测", "Check", "pre"),
        Action("answer", "作答", "Answer", is_answer=True),
        Action("poll", "投票", "Poll", "in"),
        Action("hand_raised", "举手", "Raised hand", "in"),
        Action("question", "提问", "Question asked"),
        Action("group_work", "小组合作", "Group work", "in"),
        Action("attention", "专注", "Attention", "in"),
        Action("attendance", "出席", "Attendance", "in"),
        Action("session_joined", "远程同步上课", "Remote session joined", "in"),
        Action("homework_done", "完成作业", "Homework done", "post"),
        Action("homework_corrected", "订正作业", "Homework corrected", "post"),
        Action("video", "观看视频", "Video watched"),
        Action("resource_viewed", "查看资源", "Resource viewed"),
        Action("comment", "评论", "Comment"),
        Action("start", "开始学习", "Start"),
        Action("interaction", "互动", "Interaction"),
        Action("progress", "学习进展", "Progress"),
        Action("completion", "完成学习", "Completion"),
        Action("stop", "结束学习", "Stop"),
        # What learners are given.
        Action("result", "成绩", "Result"),
        Action("badge_earned", "获得徽章", "Badge earned"),
        Action("feedback_received", "收到反馈", "Feedback received"),
        Action("tutoring_received", "接受辅导", "Tutoring received", "post"),
        Action("rating_by_teacher", "教师评价", "Rating by a teacher"),
        Action("rating_by_peer", "同伴评价", "Rating by a peer"),
        Action("rating_by_self", "自我评价", "Rating by oneself"),
        Action("rating_by_parent", "家长评价", "Rating by a parent"),
        Action("rating_received", "收到评价", "Rating by another"),
        # What teachers do; raters and those who share are not always teachers.
        Action("resource_searched", "搜索资源", "Resource searched", "pre"),
        Action("resource_adopted", "采用资源", "Resource adopted", "pre"),
        Action("resource_created", "建设资源", "Resource built", "pre"),
        Action("resource_recreated", "再创资源", "Resource re-created", "pre"),
        Action("resource_shared", "共享资源", "Resource shared"),
        Action("resource_used", "使用资源", "Resource used", "in"),
        Action("resource_pushed", "推送资源", "Resource pushed"),
        Action("strategy_changed", "调整策略", "Strategy changed", "in"),
        Action("interaction_organised", "组织互动", "Interaction organised", "in"),
        Action("homework_set", "布置作业", "Homework set", "post"),
        Action("homework_marked", "批改作业", "Homework marked", "post"),
        Action("feedback_given", "给出反馈", "Feedback given"),
        Action("tutoring_given", "辅导学生", "Tutoring given", "post"),
        Action("badge_given", "颁发徽章", "Badge given"),
        Action("rating_given", "给出评价", "Rating given"),
        # What says nothing of learning, and what no mapping rule knows.
        Action("sign_in", "登录登出", "Signed in or out"),
        Action(OTHER, "其他", "Other"),
    )
}
