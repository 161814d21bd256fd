"""What a vendor is told that its statements lack: the kinds of advice, in Chinese and English."""

from typing import Final, Literal

import msgspec

# `refused`: the record would not take it. `needed`: it is taken and doesn't count fully. `useful`:
# it counts, and says less than it could.
Level = Literal["refused", "needed", "useful"]
LEVELS: Final = {
    "refused": ("会被拒收", "would be refused"),
    "needed": ("不能完整计入", "does not count fully"),
    "useful": ("建议补充", "could say more"),
}

# Where a figure is missing or weaker for what was left out.
PORTRAITS: Final = {
    "student": ("学生画像", "student portrait"),
    "mistakes": ("错题本", "mistake book"),
    "homework-plan": ("作业方案", "homework plan"),
    "teacher": ("教师画像", "teacher portrait"),
    "lesson": ("课堂报告", "lesson report"),
    "class": ("班级画像", "class portrait"),
    "district": ("学校与区域画像", "school and district portraits"),
}


class Kind(msgspec.Struct, frozen=True):
    """One kind of advice: what is wrong or missing, and why it matters.

    `{}` in `zh` and `en` is where what was found is put in.
    """

    code: str
    level: Level
    zh: str
    en: str
    why_zh: str = ""
    why_en: str = ""
    portraits: tuple[str, ...] = ()


_KINDS: Final = (
    Kind("refused", "refused", "不是有效的 xAPI:{}", "is not valid xAPI: {}"),
    Kind(
        "id-twice",
        "refused",
        "语句 id 与 {} 相同",
        "has the same statement id as {}",
        "同一批次中 id 只能出现一次；内容不同的同 id 语句会被拒收。",
        "An id stands once in a batch; other content under an id that is taken is refused.",
    ),
    # --- What no rule reads ---
    Kind(
        "verb-unknown",
        "needed",
        "没有映射规则认识动词 {}",
        "no mapping knows the verb {}",
        "只记为“其他”行为，不进入任何指标。请改用本规范的动词，或为本应用写一份映射规则。",
        "It counts as `other` and enters no figure. Use a verb of the profile, or write a mapping.",
        ("student", "teacher", "class"),
    ),
    Kind(
        "verb-needs-more",
        "needed",
        "动词已知，但没有一条规则的条件成立；可用的客体类型：{}",
        "the verb is known, but the conditions of no rule hold; types of object that would do: {}",
        "同一动词因客体类型而含义不同；不写类型就只记为“其他”。",
        "A verb means different things by the type of its object; without it this is `other`.",
        ("student", "teacher", "class"),
    ),
    Kind(
        "object-without-type",
        "useful",
        "客体没有类型；有了类型，含义会更确切：{}",
        "the object has no type, by which it would say more: {}",
        "同一动词因客体类型而含义不同，例如“完成”一份作业与“完成”一门课程。",
        "A verb means different things by the type of its object: to complete a homework is not to"
        " complete a course.",
        ("student", "lesson"),
    ),
    Kind(
        "no-facts",
        "needed",
        "不产生任何事实：{}",
        "gives no facts: {}",
        "事实总是关于某个人的；作废语句、计划（SubStatement）与无标识的小组不产生事实。",
        "A fact is about a person: a voiding, a plan (SubStatement) or a group without members"
        " and identity gives none.",
        ("student", "teacher"),
    ),
    Kind(
        "profile-not-named",
        "useful",
        "符合本规范，却没有写明本规范版本",
        "follows the profile and does not name its version",
        "写明版本后，入库前会按模板检查，错误可以及早发现。",
        "Where it is named, statements are held against its templates before they are stored.",
    ),
    Kind(
        "profile",
        "needed",
        "不符合所声明的规范：{}",
        "does not follow the profile that it claims: {}",
        "若本数据空间设为 enforce，这样的语句会被拒收。",
        "A store in mode `enforce` refuses such statements.",
    ),
    # --- Who and when ---
    Kind(
        "no-account",
        "useful",
        "以 {} 标识人，而不是学校账号",
        "identifies a person by {}, not by an account",
        "花名册以账号（account）认人；其他标识要另外关联，否则班级、学校指标里没有此人。",
        "The roster knows people by account; others have to be linked, or class and school"
        " figures miss them.",
        ("class", "district"),
    ),
    Kind(
        "no-timestamp",
        "needed",
        "没有 timestamp",
        "has no timestamp",
        "将以入库时间代替；补传的数据会落在错误的日子和课上。",
        "The time of storing is taken: what is sent later falls on the wrong day and lesson.",
        ("student", "lesson", "class"),
    ),
    Kind(
        "no-offset",
        "needed",
        "timestamp {} 没有时区",
        "the timestamp {} has no offset",
        "将按 UTC 理解，北京时间的行为会晚八小时。",
        "It is read as UTC: in China everything would seem to be eight hours late.",
        ("student", "lesson", "class"),
    ),
    Kind(
        "no-duration",
        "useful",
        "没有用时（result.duration）",
        "does not say how long it took (result.duration)",
        "学习时长与专注用时由此而来；只写用于此事的时间，不要累计。",
        "Time on task is made of it: the time spent on this alone, not a running total.",
        ("student", "class"),
    ),
    # --- Where it stands ---
    Kind(
        "no-phase",
        "needed",
        "没有阶段（课前、课中、课后）",
        "does not say its phase (before, in or after class)",
        "不知道阶段，课前—课中—课后的闭环就缺了这一环。",
        "Without it the loop of before, in and after class misses this act.",
        ("student", "lesson"),
    ),
    Kind(
        "code-unknown",
        "needed",
        "{} 不是规范中的代码",
        "{} is not a code of the profile",
        "不认识的代码不能与其他应用的数据汇总；可在映射规则中用 values 翻译。",
        "What is no code can't be put together with other apps' data; a mapping can translate it"
        " by `values`.",
        ("student", "district"),
    ),
    Kind(
        "no-subject",
        "needed",
        "没有学科",
        "does not say its subject",
        "学科 × 学段 × 学校的诊断、分学科的画像都要用它。",
        "The diagnosis by subject, stage and school and portraits by subject need it.",
        ("student", "class", "district"),
    ),
    Kind(
        "no-lesson",
        "needed",
        "没有写明是哪一课",
        "does not say which lesson it belongs to",
        "课堂报告把同一课的课前、课中、课后行为连在一起，靠的就是课的 id。",
        "A lesson report joins what happened before, in and after a lesson by the lesson's id.",
        ("lesson", "teacher"),
    ),
    Kind(
        "activity-without-type",
        "needed",
        "{} 没有 definition.type，认不出是课、课程还是知识点",
        "{} has no definition.type, so that nobody knows it for a lesson, course or knowledge"
        " point",
        "活动靠类型识别，与所在位置无关。",
        "An activity is recognised by its type, wherever it stands.",
        ("student", "lesson", "mistakes"),
    ),
    Kind(
        "no-parent",
        "useful",
        "没有写明所属的作业或检测（parent）",
        "does not say which homework or check it is part of (parent)",
        "作业与检测的完成情况、课前检测对课堂的预测都由其中的作答汇总。",
        "What a homework or a check showed is put together from the answers in it.",
        ("lesson", "homework-plan"),
    ),
    Kind(
        "no-due",
        "useful",
        "没有写明截止时间",
        "does not say by when it is due",
        "是否按时完成由此判断。",
        "Punctuality is judged by it.",
        ("student", "class"),
    ),
    # --- What came out ---
    Kind(
        "no-knowledge-points",
        "needed",
        "没有知识点",
        "names no knowledge points",
        "掌握度按知识点计算；没有知识点的作答不能计入。",
        "Mastery is of knowledge points: an answer without any can't count for it.",
        ("student", "mistakes", "homework-plan", "class"),
    ),
    Kind(
        "point-without-name",
        "useful",
        "知识点 {} 没有名称",
        "the knowledge point {} has no name",
        "页面上只能显示 id。",
        "Pages can only show its id.",
        ("student", "class"),
    ),
    Kind(
        "success-unknown",
        "needed",
        "不知对错：{}",
        "is neither right nor wrong: {}",
        "只有明确对错的作答才计入掌握度和错题本。",
        "Only an answer known to be right or wrong counts for mastery and the mistake book.",
        ("student", "mistakes", "homework-plan", "class"),
    ),
    Kind(
        "score-without-scale",
        "needed",
        "原始分没有满分（max）",
        "has a raw score without its max",
        "不知道满分，分数无法比较。",
        "Without knowing out of how much, a score can't be compared.",
        ("student", "class"),
    ),
    Kind(
        "no-score",
        "needed",
        "评价或成绩没有分数（result.score）",
        "rates or scores without a score (result.score)",
        "没有分数，评价只计次数，不能形成指标。",
        "Without it a rating is only counted, and makes no figure.",
        ("student", "teacher"),
    ),
    Kind(
        "no-rater",
        "needed",
        "没有写明评价者是谁（教师、同伴、自己、家长）",
        "does not say as what the rater rates (teacher, peer, self or parent)",
        "综合评价区分教师评、同伴评、自评与家长评。",
        "An evaluation tells ratings by teachers, peers, oneself and parents apart.",
        ("student",),
    ),
    Kind(
        "no-instructor",
        "useful",
        "没有写明给予者（context.instructor）",
        "does not say who gave it (context.instructor)",
        "写明后，同一条语句也计入该教师的画像。",
        "With it the same statement counts in the teacher's portrait too.",
        ("teacher",),
    ),
    Kind(
        "no-progress",
        "useful",
        "没有视频进度",
        "does not say how far the video was watched",
        "看到哪里、在哪里离开，靠进度得知。",
        "How far people get and where they leave is known by it.",
        ("student", "lesson"),
    ),
    Kind(
        "one-answer-in-pieces",
        "needed",
        "与 {} 像是同一次作答，按知识点拆成了多条",
        "looks like the same answer as {}, sent once for each knowledge point",
        "一次作答拆成多条会被重复计算；请把全部知识点写在一条语句里，其余不发。",
        "It counts several times. Put all knowledge points into one statement and leave out the"
        " others.",
        ("student", "mistakes", "class"),
    ),
)

KINDS: Final[dict[str, Kind]] = {kind.code: kind for kind in _KINDS}
