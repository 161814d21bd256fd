"""What the pages of lessons, teachers and schools say more than others, in both languages."""

from typing import Final

# By key: Chinese, English, as in ``words.py``.
LESSON_WORDS: Final[dict[str, tuple[str, str]]] = {
    "timeline.widths": ("每段时间", "Width of a bar"),
    "timeline.attention": ("专注度", "Attention"),
    "timeline.kind": ("{action} {n}", "{action} {n}"),
    "questions.which": ("题目", "Question"),
    "questions.is_right": ("正确", "Right"),
    # Group work, hands and attention
    "groups.title": ("小组合作", "Group work"),
    "groups.help": (
        "同一条语句里的学生是一个小组。",
        "Those whom one statement names worked together.",
    ),
    "groups.n": ("{n} 个小组", "{n} groups"),
    "groups.learners": ("{n} 人参与", "n = {n} took part"),
    "groups.group": ("第 {n} 组（{time}，{length}）：", "Group {n} ({time}, {length}):"),
    "groups.none": ("不在任何小组（{n} 人）：", "In no group ({n}):"),
    "groups.empty": ("这节课没有小组合作的记录。", "No group work was recorded in this lesson."),
    "attention.title": ("举手与专注", "Hands and attention"),
    "attention.help": (
        "专注度（0–100%）由设备或教师记录，是每名学生各次记录的平均。点击数字看依据。",
        "Attention (0–100%) is noted by devices or the teacher: the mean of each student's. A"
        " number opens its evidence.",
    ),
    "attention.median": ("专注度中位数 {median}（{n} 次记录）", "median {median}, n = {n} notes"),
    "attention.n": ("{n} 次记录", "n = {n} notes"),
    "attention.empty": (
        "没有举手或专注的记录。",
        "Neither hands nor attention were recorded.",
    ),
    "attention.remote": ("远程加入：{n} 人", "Joined from elsewhere: {n}"),
    "refused.evidence_of_days": (
        "班级或学校的依据要写明是哪一天，或者起止日期（最多相隔 400 天）",
        "of a class or a school the address has to say of which day, or from when to when",
    ),
    "evidence.on": ("{day} 当天在册的学生", "of those who are there on {day}"),
    "mastery.past": (
        "掌握程度是目前的值；名册与活动是所选日期的",
        "Mastery is as it is now; roster and activity are of the day chosen",
    ),
    # Teachers
    "teachers.title": ("教师", "Teachers"),
    "teachers.list": ("教师名单", "Teachers"),
    "teachers.help": (
        "今天任课的教师，以及有过教学活动的人；五个维度是每个教学周的次数，不排名次。",
        "Who teaches a class today, and who did anything as a teacher. The five dimensions are acts"
        " a teaching week, not ranks.",
    ),
    "teachers.name": ("姓名", "Name"),
    "teachers.n": ("{n} 人", "n = {n}"),
    "teachers.resources": ("共建共享", "Built, shared"),
    "teachers.pushes": ("推送", "Pushed"),
    "teachers.strategy": ("调整策略", "Strategy"),
    "teachers.interaction": ("互动", "Interaction"),
    "teachers.feedback": ("反馈", "Feedback"),
    "teachers.empty.title": ("没有可以查看的教师", "No teachers to show"),
    "teachers.empty.text": (
        "名册里今天没有任课教师，也没有教学活动的记录。",
        "The roster has nobody who teaches today, and no acts of teaching are recorded.",
    ),
    "behind.title": ("维度背后的课", "The lessons behind the dimensions"),
    "behind.help": (
        "每个维度最近的课；次数打开那节课里的依据。",
        "The newest lessons of each dimension; a count opens its evidence in that lesson.",
    ),
    "behind.n": ("{n} 次", "{n} ×"),
    "behind.none": ("没有课", "no lessons"),
    "preparation.title": ("备课与作业", "Preparation and homework"),
    "preparation.help": (
        "搜索、采用和再创作资源的次数和所备的课，以及布置的作业和它的层次。点击次数看依据。",
        "How often resources were searched, adopted and re-created, for which lessons; homework set"
        " and its layers. A count opens its evidence.",
    ),
    "preparation.lessons": ("所备的课", "Lessons prepared"),
    "resources.effect.in": ("课中", "in class"),
    "resources.effect.post": ("课后", "after class"),
    "resources.effect": (
        "用资源的 {n} 节课与其他 {other} 节课相比，{phase}正确率差 {mean} 个百分点"
        "（95% 区间 {low} 至 {high}）。同时出现不等于因果。",
        "{n} lessons with resources against {other} without, right {phase}: {mean} percentage"
        " points (95% interval {low} to {high}). What goes together is not a cause.",
    ),
    "resources.effect.none": (
        "{phase}：用资源的课（{n}）与其他课（{other}）还太少，不能比较。",
        "Right {phase}: too few lessons with resources ({n}) or without ({other}) to compare.",
    ),
    # A school
    "risk.reason": ("原因", "Reason"),
    "district.rank": ("本月名次", "Rank of the month"),
    "school_load.title": ("各班作业负担", "Homework load of the classes"),
    "school_load.help": (
        "近四周内，学生每周花在课后作业上的时间：中位数和最长的。没有作业用时的周不计。",
        "How long students spent after class in a week of the last four: the middle one and the"
        " longest. Weeks without any don't count.",
    ),
    "school_load.median": ("每周（中位数）", "A week (median)"),
    "school_load.most": ("最长一周", "The longest"),
    "school_load.empty": ("近四周没有作业用时的记录。", "No time after class in these four weeks."),
    "school_week.newest": ("最近 {n} 节", "the newest {n}"),
    # Before class
    "preview.by": ("按预习情况看课中正确率", "Right in class, by how the preview went"),
    "preview.by.preview": ("预习检测", "Preview's checks"),
    "preview.by.learners": ("学生", "Students"),
    "preview.by.right": ("全部答对", "all right"),
    "preview.by.partly": ("部分答对", "partly right"),
    "preview.by.wrong": ("全部答错", "all wrong"),
    "preview.by.unchecked": ("预习了，没有检测", "previewed, no checks"),
    "preview.by.none": ("没有预习", "no preview"),
    "lesson_videos.title": ("视频看到哪里", "How far videos were watched"),
    "lesson_videos.help": (
        "看到每个十分之一的观看者比例：线往下掉的地方就是学生离开的地方。只算应用报告了进度的观看者。",
        "The share of viewers who got to each tenth: where a line falls, viewers left. Only viewers"
        " whose app tells how far they got are counted.",
    ),
    "lesson_videos.unit": ("占知道进度的观看者的 %", "% of viewers whose progress is known"),
    "lesson_videos.n": ("{n} 名观看者", "n = {n} viewers"),
    "lesson_videos.viewers": ("{name}：{n} 人观看", "{name}: {n} viewers"),
    "lesson_videos.summary": (
        "{name}：{n} 人，看到的中位数 {median}，看完 {end}",
        "{name}: n = {n}, median {median}, {end} to the end",
    ),
    "lesson_videos.empty": ("没有人看视频。", "No videos were watched."),
    "lesson_videos.unknown": (
        "有人看了视频，但应用没有报告进度。",
        "Videos were watched, but the app doesn't tell how far.",
    ),
    # After class
    "corrections.title": ("作业订正", "Corrections of the homework"),
    "corrections.help": (
        "作业第一次答错的题，以及其中之后订正或答对的题。",
        "What was wrong at first in the homework, and how much of it a correction or a later right"
        " answer has put right.",
    ),
    "corrections.share": ("已订正 {share}（{count} / {n}）", "{share} put right ({count} of {n})"),
    "corrections.wrong": ("答错", "Wrong"),
    "corrections.corrected": ("已订正", "Put right"),
    "corrections.empty": ("作业没有答错的题。", "Nothing was wrong in the homework."),
    "proved.changes": (
        "两个阶段都作答的学生的变化（百分点）",
        "Change of those who answered in both phases (percentage points)",
    ),
    "proved.change.pre_in": ("课前→课中", "Before → in class"),
    "proved.change.in_post": ("课中→课后", "In class → after"),
    "proved.change.pre_post": ("课前→课后", "Before → after"),
    "proved.change.note": ("{low} 至 {high} · {n}", "{low} to {high} · {n}"),
}
