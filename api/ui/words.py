"""Every word the pages say, in Chinese and in English, side by side."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeVar

from api.ui.evaluation_words import EVALUATION_WORDS
from api.ui.lesson_words import LESSON_WORDS
from api.ui.operating_words import OPERATING_WORDS
from api.ui.student_words import STUDENT_WORDS
from projections.vocabulary import Action, Term

Language = Literal["zh-CN", "en"]
_Said = TypeVar("_Said")

CHINESE: Final[Language] = "zh-CN"
ENGLISH: Final[Language] = "en"
# Each language by its own name, as its switch says it.
LANGUAGES: Final[dict[Language, str]] = {CHINESE: "中文", ENGLISH: "English"}

# By key: Chinese, English. `{name}` is a place for a value.
WORDS: Final[dict[str, tuple[str, str]]] = {
    # On every page
    "product": ("学迹", "Xueji"),
    "skip": ("跳到正文", "Skip to content"),
    "navigation": ("主导航", "Main"),
    "language": ("语言", "Language"),
    "sign_out": ("退出", "Sign out"),
    "signed_in_as": ("当前账号：{app}", "Signed in: {app}"),
    "explain": ("说明：{what}", "What is this: {what}"),
    "as_of": ("数据截至 {time}", "As of {time}"),
    "as_of_position": (
        "已读到第 {position} 条记录 · 数据版本 {generation}",
        "Read up to record {position} · data version {generation}",
    ),
    "live": ("实时更新", "Live"),
    "unit": ("单位：{unit}", "Unit: {unit}"),
    "on": ("{day} 当天", "On {day}"),
    "days": ("{first} 至 {last}", "{first} to {last}"),
    "not_enough": ("证据还不够", "Not enough evidence yet"),
    "nothing": ("—", "—"),
    # What went wrong
    "not_yours.title": ("这里不对你开放", "This is not open to you"),
    "not_yours.text": (
        "学生和家长只看自己的，教师看自己任教的班级，校长看本校。如需更多权限，请联系管理员。",
        "Students and parents see their own, teachers their classes, school leaders their school."
        " For more, ask the operator.",
    ),
    "broken.title": ("暂时读不到数据", "The data can't be read just now"),
    "broken.text": (
        "学习记录都在，没有丢失。页面会自动重试，不用刷新。",
        "Nothing is lost: the learning records are safe. This page keeps trying by itself.",
    ),
    "broken.notice": (
        "暂时读不到数据。学习记录都在，没有丢失。页面会自动重试，不用刷新。",
        "The data can't be read just now. Nothing is lost: the learning records are safe. This page"
        " keeps trying by itself.",
    ),
    "broken.old": (
        "暂时读不到新数据，正在自动重试。下面是 {time} 的数据。",
        "New data can't be read just now; trying again. Below is the data of {time}.",
    ),
    "missing.title": ("没有这个页面", "There is no such page"),
    "missing.text": (
        "网址可能写错了，或者页面已经搬走。",
        "The address may be mistyped, or the page has moved.",
    ),
    "unreadable.title": ("网址里有写错的地方", "Something in the address is mistyped"),
    "unreadable.text": (
        "问号后面的内容不是这个页面能回答的。请从页面上的链接打开。",
        "What stands behind the question mark is nothing that this page can answer. Please follow a"
        " link of the pages.",
    ),
    "failed.title": ("页面出错了", "Something went wrong on this page"),
    "failed.text": (
        "问题已记入服务器日志。请刷新页面；如果总是这样，请告诉管理员。",
        "It is noted in the server's log. Please reload; if it stays, tell the operator.",
    ),
    "back_to_classes": ("返回班级列表", "Back to the classes"),
    "back_to_lessons": ("返回课堂列表", "Back to the lessons"),
    "back_to_schools": ("返回学校列表", "Back to the schools"),
    "back_to_students": ("返回学生列表", "Back to the students"),
    # Signing in
    "sign_in.title": ("登录", "Sign in"),
    "sign_in.purpose": (
        "看见每个学生课前、课中、课后的学习足迹",
        "See how each student learns: before, in and after class",
    ),
    "sign_in.children": (
        "这里是学生的个人学习记录，请用学校或管理员发放的账号登录。",
        "These are personal records of children. Sign in with what your school or operator"
        " gave you.",
    ),
    "sign_in.key": ("账号（key）", "Key"),
    "sign_in.secret": ("密码（secret）", "Secret"),
    "sign_in.button": ("登录", "Sign in"),
    "sign_in.wrong": (
        "账号或密码不对，或者这个账号不能查看学生画像。",
        "Key and secret don't match, or they may not view portraits.",
    ),
    "sign_in.used_link": (
        "这个登录链接已经失效：它只能用一次，而且只在 {minutes} 分钟内有效。",
        "This sign-in link is no longer valid: it works once, within {minutes} minutes.",
    ),
    "sign_in.too_many": (
        "登录失败次数太多，请过一分钟再试。",
        "Too many failed attempts: please wait a minute.",
    ),
    "sign_in.provider": ("用统一身份登录", "Sign in with your school account"),
    "sign_in.or": ("或用账号和密码：", "Or with a key and a secret:"),
    "sign_in.refused": (
        "统一身份登录没有成功，或者你的账号还没有分配角色。请再试一次，或联系管理员。",
        "The school account did not sign you in, or it has no role here yet. Try again, or ask the"
        " operator.",
    ),
    "sign_in.unreachable": (
        "暂时连不上统一身份登录，请稍后再试。",
        "The sign-in of school accounts can't be reached just now. Please try again later.",
    ),
    "sign_out.leaving": ("正在退出统一认证……", "Signing out at the provider…"),
    "sign_in.left": ("已退出登录。", "You are signed out."),
    # List of students
    "students.title": ("学生", "Students"),
    "students.search": ("搜索姓名或账号", "Search by name or account"),
    "students.name": ("姓名", "Name"),
    "students.facts": ("学习记录", "Records"),
    "students.last_time": ("最近活动", "Last activity"),
    "students.caption": ("学生名单，可打开每个学生的画像", "Students, each with a portrait"),
    "students.shown": ("第 {first}–{last} 名", "{first}–{last}"),
    "students.previous": ("上一页", "Previous"),
    "students.next": ("下一页", "Next"),
    "students.none_found": (
        "没有找到“{search}”。试试姓名中的一个字，或账号的一部分。",
        "Nobody found for “{search}”. Try a part of the name or of the account.",
    ),
    "students.empty.title": ("还没有学习记录", "No learning records yet"),
    "students.empty.text": (
        "应用发来第一条学习记录后，学生会自动出现在这里。两步就能试一试：",
        "Students appear here by themselves once an app posts the first record. Two steps to try"
        " it:",
    ),
    "students.empty.key": (
        "1. 在服务器上给应用开一个账号",
        "1. On the server, make a credential for an app",
    ),
    "students.empty.post": (
        "2. 用得到的账号和密码发送一条记录（xAPI）",
        "2. With its key and secret, post a record (xAPI)",
    ),
    "students.empty.waiting": (
        "本页正在等待第一条记录……",
        "This page is waiting for the first record…",
    ),
    # A student
    "student.unknown.title": ("没有这个学生的记录", "There are no records of this student"),
    "student.unknown.text": (
        "“{person}”还没有学习记录，或者网址写错了。记录到达后本页会自动显示。",
        "There are no learning records of “{person}” yet, or the address is mistyped. This page"
        " shows them once they arrive.",
    ),
    "student.answers": ("作答", "Answers"),
    "student.accuracy": ("正确率", "Right answers"),
    "student.active_days": ("学习天数", "Days active"),
    "student.time": ("学习用时", "Time spent"),
    "student.points": ("涉及知识点", "Knowledge points"),
    # Radar
    "radar.title": ("学情雷达图", "Learning radar"),
    "radar.unit": ("0–100", "0–100"),
    "radar.help": (
        "从七个方面看最近四周（或所选日期）的学习状态，越靠外越好。课前预习、课中参与、课后巩固、投入时间：与本班"
        "同学（没有名册时与全体同学）相比的位置，76 表示比大约 76% 的同学多。答题正确：答对的比例。"
        "按时完成：按时的比例。知识掌握：各知识点掌握程度的平均。括号里是依据的数量；证据不够的方面"
        "不画出来。虚线是之前同样多天的自己，点线是本班（次数和时间取中位数，比例取合计）。",
        "Seven sides of the last four weeks, or of the days chosen; further out is better. Preview,"
        " taking part, practice and time compare with the class, or without a roster with all"
        " students: 76 means more than about 76% of them. Right answers and on time are shares."
        " Mastery is the average over knowledge points. What a number rests on stands"
        " beside it; a side without enough evidence is not drawn. The dashed line is the"
        " student as many days before; the dotted one is the class: the median of amounts, the"
        " share of all together.",
    ),
    "radar.few": (
        "至少三个方面有了足够的证据，才画雷达图。",
        "The radar is drawn once three sides have enough evidence.",
    ),
    "radar.summary": ("学情雷达图：{values}", "Learning radar: {values}"),
    "dimension.preview": ("课前预习", "Preview"),
    "dimension.participation": ("课中参与", "Taking part"),
    "dimension.consolidation": ("课后巩固", "Practice"),
    "dimension.accuracy": ("答题正确", "Right answers"),
    "dimension.mastery": ("知识掌握", "Mastery"),
    "dimension.preview.n": ("{n} 次活动", "n = {n} activities"),
    "dimension.participation.n": ("{n} 次活动", "n = {n} activities"),
    "dimension.consolidation.n": ("{n} 次活动", "n = {n} activities"),
    "dimension.accuracy.n": ("{n} 次作答", "n = {n} answers"),
    "dimension.mastery.n": ("{n} 个知识点", "n = {n} points"),
    "dimension.punctuality": ("按时完成", "On time"),
    "dimension.punctuality.n": ("{n} 项有期限", "n = {n} due"),
    "dimension.time": ("投入时间", "Time"),
    "dimension.time.n": ("{n} 次活动", "n = {n} activities"),
    # Weak and strong points
    "points.title": ("薄弱与优势", "Weak and strong points"),
    "points.weakest": ("相对薄弱", "Relatively weak"),
    "points.strongest": ("相对扎实", "Relatively strong"),
    "points.help": (
        "只列作答至少五次的知识点，最多各五个：薄弱的按掌握区间的上限从低到高，扎实的按下限从高到低，"
        "最有把握的排在前面。每个都写明原因：掌握程度本身、与本班相比、与自己四周前相比；都不明显时，"
        "只是自己的知识点中最低或最高的。百分数是掌握程度。",
        "Only points with five answers or more, five of each at most: the weak by the upper end of"
        " the interval, the strong by its lower end, the surest first. Each says why it is listed:"
        " by itself, beside the class, beside four weeks ago; or else only as the lowest or highest"
        " of the student's own. The percentage is the mastery.",
    ),
    "points.tries": ("答对 {successes} / {tries}", "{successes} of {tries} right"),
    # Activity
    "activity.title": ("课前、课中、课后的学习活动", "Activity before, in and after class"),
    "activity.help": (
        "每做一次作答、观看、举手等算一次活动。柱子分段表示课前、课中、课后各多少次。",
        "An answer, a video watched, a hand raised: each counts as one activity. A bar's parts"
        " are before, in and after class.",
    ),
    "activity.unit": ("次", "activities"),
    "activity.by.day": ("每天的活动次数", "Activities a day"),
    "activity.by.week": ("每周的活动次数", "Activities a week"),
    "activity.by.month": ("每月的活动次数", "Activities a month"),
    "activity.n": ("共 {n} 次", "n = {n}"),
    "activity.empty": ("还没有学习活动。", "No activity yet."),
    "activity.summary": (
        "{by}，{first} 至 {last}，共 {n} 次：{phases}",
        "{by}, {first} to {last}, {n} in all: {phases}",
    ),
    "activity.caption": ("各阶段合计", "Totals by phase"),
    "activity.phase": ("阶段", "Phase"),
    "activity.actions": ("活动", "Activities"),
    "activity.answers": ("作答", "Answers"),
    "activity.accuracy": ("正确率", "Right"),
    "activity.time": ("用时", "Time"),
    "activity.active_days": ("天数", "Days"),
    "phase.pre": ("课前", "Before class"),
    "phase.in": ("课中", "In class"),
    "phase.post": ("课后", "After class"),
    "phase.": ("未注明", "Not stated"),
    # Mastery
    "mastery.title": ("知识点掌握情况", "Mastery of knowledge points"),
    "mastery.help": (
        "掌握程度：估计这名学生下一道该知识点的题能答对的可能性。圆点是估计值；浅色横带表示真实水平"
        "有 95% 的可能落在这个范围里。做题越多，横带越窄，估计越有把握。“较四周前”以百分点计；"
        "四周前的值落在现在的区间之外，才算真有变化。",
        "Mastery is the estimated chance that the student gets the next question on this knowledge"
        " point right. The dot is the estimate; with 95% certainty the true level lies within the"
        " pale band. The more answers, the narrower the band. The change is in percentage points"
        " since four weeks ago; only where the value of then lies outside the interval of now is it"
        " taken for real.",
    ),
    "mastery.n": ("{n} 个知识点", "n = {n} knowledge points"),
    "mastery.caption": (
        "每个知识点的掌握程度，点击列名排序",
        "Mastery of each knowledge point; column headings sort",
    ),
    "mastery.point": ("知识点", "Knowledge point"),
    "mastery.probability": ("掌握程度（0–100%）", "Mastery (0–100%)"),
    "mastery.interval": (
        "{value}，95% 可能在 {low} 到 {high} 之间",
        "{value}, with 95% certainty between {low} and {high}",
    ),
    "mastery.tries": ("作答", "Answers"),
    "mastery.successes": ("答对", "Right"),
    "mastery.last_time": ("最近一次", "Last time"),
    "mastery.empty": (
        "还没有带知识点的作答。",
        "No answers with a knowledge point yet.",
    ),
    # List of classes
    "classes.title": ("班级", "Classes"),
    "classes.list": ("班级名单", "Classes of the roster"),
    "classes.caption": ("班级名单，可打开每个班级的画像", "Classes, each with a portrait"),
    "classes.name": ("班级", "Class"),
    "classes.school": ("学校", "School"),
    "classes.subjects": ("学科", "Subjects"),
    "classes.all_subjects": ("行政班", "All (homeroom)"),
    "classes.students": ("学生", "Students"),
    "classes.teachers": ("教师", "Teachers"),
    "classes.empty.title": ("没有可以查看的班级", "No classes to show"),
    "classes.empty.text": (
        "名册里今天没有你任教或管理的班级。名册由管理员导入（xueji roster import）。",
        "Today's roster has no class of yours. The operator imports rosters (xueji roster import).",
    ),
    # A class
    "class.unknown.title": ("名册里没有这个班级", "The roster has no such class"),
    "class.unknown.text": (
        "“{name}”不在名册里，或者网址写错了。",
        "“{name}” is not in the roster, or the address is mistyped.",
    ),
    "class.n": ("学生", "Students"),
    "class.risky": ("需要关注", "At risk"),
    "class.mean": ("平均掌握程度", "Mean mastery"),
    "class.accuracy": ("正确率", "Right answers"),
    "class.on_time": ("按时完成", "On time"),
    "class.homework": ("每周作业（中位数）", "Homework a week (median)"),
    # Who is at risk
    "risk.title": ("谁需要帮助", "Who needs help"),
    "risk.help": (
        "按最近四周的记录，用写明的规则找出需要关注的学生，原因最多的排在前面。证据不够的规则不作判断；"
        "这些规则不预测将来。",
        "Plain rules over the last four weeks say who should be looked at, those with most reasons"
        " first. A rule without enough evidence says nothing, and none predicts the future.",
    ),
    "risk.n": ("{n} 人中 {risky} 人", "{risky} of {n} students"),
    "risk.empty": ("目前没有需要特别关注的学生。", "Nobody stands out just now."),
    # Heat map
    "heat.title": ("知识点掌握热力图", "Who knows what"),
    "heat.help": (
        "每行一名学生，每列一个知识点，最薄弱的知识点在最左边。大字是掌握程度，小字是作答次数；第一行是"
        "全班平均和有把握的人数。作答不足五次的只写数字，不着色。用方向键可以逐格查看。",
        "A row a student, a column a knowledge point, the weakest on the left. The large number is"
        " the mastery, the small one the answers it rests on; the first row is the class's mean and"
        " how many students it is of. Cells of fewer than five answers have no colour. Arrow keys"
        " go from cell to cell.",
    ),
    "heat.caption": (
        "每名学生对每个知识点的掌握程度（0–100%）",
        "Each student's mastery of each knowledge point (0–100%)",
    ),
    "heat.student": ("学生", "Student"),
    "heat.all": ("全班", "Class"),
    "heat.cell": (
        "{student} · {point}：{value}，95% 可能在 {low} 到 {high} 之间；答对 {successes} / {tries}",
        "{student} · {point}: {value}, with 95% certainty between {low} and {high};"
        " {successes} of {tries} right",
    ),
    "heat.few": (
        "{student} · {point}：{value}，证据还不够；答对 {successes} / {tries}",
        "{student} · {point}: {value}, not enough evidence yet; {successes} of {tries} right",
    ),
    "heat.none": ("{student} · {point}：还没有作答", "{student} · {point}: no answers yet"),
    "heat.hint": (
        "指向或选中一格，这里会用文字说明。",
        "Point at a cell, or move to it by keys, and it is told here in words.",
    ),
    "heat.n": ("{n} 名学生", "n = {n} students"),
    "heat.tries": ("{point}（作答次数）", "{point} (answers)"),
    "heat.size": ("{students} 名学生，{points} 个知识点", "{students} students, {points} points"),
    "heat.look.0": ("低于 40%", "under 40%"),
    "heat.look.1": ("40–60%", "40–60%"),
    "heat.look.2": ("60–75%", "60–75%"),
    "heat.look.3": ("75–85%", "75–85%"),
    "heat.look.4": ("85% 及以上", "85% and more"),
    "heat.look.few": ("证据还不够", "not enough evidence"),
    # Distribution
    "distribution.title": ("掌握程度分布", "Distribution of mastery"),
    "distribution.help": (
        "每名学生各知识点掌握程度的平均，按每 10% 一段数人数。只算作答足够的知识点。",
        "Each student's mean over knowledge points with enough answers, counted in steps of 10%.",
    ),
    "distribution.students": ("学生", "Students"),
    "distribution.unit": ("人", "students"),
    "distribution.n": ("{n} 人，平均 {mean}", "n = {n}, mean {mean}"),
    "distribution.summary": ("掌握程度分布：{counts}", "Distribution of mastery: {counts}"),
    "distribution.empty": (
        "还没有学生有足够的作答。",
        "No student has enough answers yet.",
    ),
    # Weak points of a class
    "weak.title": ("全班薄弱知识点", "Weak points of the class"),
    "weak.help": (
        "平均掌握程度最低的知识点，至少五名学生有足够的作答。",
        "The points of lowest mean mastery, of those that five students or more have enough"
        " answers of.",
    ),
    # Weeks
    "weeks.title": ("每周的学习活动", "Activity by week"),
    # Load
    "load.title": ("作业负担与完成情况", "Homework load and what was done"),
    "load.help": (
        "最近四周每名学生的学习活动。作业用时是课后阶段的用时；按时是有期限的任务中按时完成的比例。",
        "What each student did in the last four weeks. Homework time is the time after class; on"
        " time is the share of tasks with a due time that were done by it.",
    ),
    "load.caption": (
        "每名学生的作业用时、按时与正确率，点击列名排序",
        "Each student's homework time, punctuality and results; column headings sort",
    ),
    "load.actions": ("活动", "Activities"),
    "load.answers": ("作答", "Answers"),
    "load.accuracy": ("正确率", "Right"),
    "load.homework_seconds": ("作业用时", "Homework time"),
    "load.on_time": ("按时", "On time"),
    "load.last_day": ("最近一天", "Last day"),
    "load.of": ("{share}（{n} 项）", "{share} (n = {n})"),
    "load.aside": (
        "每人每周作业：中位数 {median}，最多 {most}（{n} 人）",
        "Homework a week: median {median}, most {most} (n = {n})",
    ),
    "load.empty": ("这一天班里没有学生。", "Nobody is in the class on this day."),
    # Lessons of a week, and lists of lessons
    "week.title": ("本周课堂", "Lessons of the week"),
    "week.help": (
        "每节课各阶段有多少人参与，作答正确率多少。",
        "How many took part in each phase of a lesson, and the share of right answers.",
    ),
    "week.empty": ("这一周没有课堂记录。", "There are no lessons in this week."),
    "lessons.caption": ("课堂列表，点击列名排序", "Lessons; column headings sort"),
    "lessons.name": ("课", "Lesson"),
    "lessons.begins": ("时间", "Begins"),
    "lessons.subject": ("学科", "Subject"),
    "lessons.teachers": ("教师", "Teachers"),
    "lessons.pre": ("课前", "Before"),
    "lessons.in": ("课中", "In class"),
    "lessons.post": ("课后", "After"),
    "lessons.learners": ("{learners} 人", "{learners}"),
    "lessons.phase": ("{learners} 人 · {share}", "{learners} · {share}"),
    "lessons.title": ("课堂", "Lessons"),
    "lessons.newest": ("最近的课", "Newest lessons"),
    "lessons.older": ("更早的课", "Older lessons"),
    "lessons.empty.title": ("还没有课堂记录", "No lessons yet"),
    "lessons.empty.text": (
        "应用发来带有“课”的学习记录后，课堂会自动出现在这里。",
        "Lessons appear here by themselves once an app posts a record that names one.",
    ),
    # A lesson
    "lesson.unknown.title": ("没有这节课的记录", "There are no records of this lesson"),
    "lesson.unknown.text": (
        "“{lesson}”还没有学习记录，或者网址写错了。",
        "There are no learning records of “{lesson}” yet, or the address is mistyped.",
    ),
    "lesson.class": ("{name}（{took} / {of} 人参与）", "{name} ({took} of {of} took part)"),
    "lesson.part": ("只看这个班", "This class only"),
    "lesson.together": ("全部班级", "All classes"),
    "lesson.of": ("{part} / {whole}", "{part} / {whole}"),
    "lesson.present": ("到课", "Present"),
    "lesson.previewed": ("预习", "Previewed"),
    "lesson.questions": ("提问", "Questions"),
    "lesson.right": ("课中正确率", "Right in class"),
    "lesson.hands": ("举手", "Hands raised"),
    "lesson.handed_in": ("作业上交", "Homework handed in"),
    # Timeline
    "timeline.title": ("参与时间线", "Who took part when"),
    "timeline.help": (
        "每段时间有多少学生做了任何课堂活动（作答、投票、举手等）、举手次数，以及平均专注度（右轴）。"
        "每段时间可选 1 秒、10 秒或 1 分。",
        "How many students did anything in class, how many hands were raised, and the mean of"
        " attention (right axis). What is drawn in one can be a second, ten, or a minute.",
    ),
    "timeline.persons": ("参与人数", "Students active"),
    "timeline.hands": ("举手次数", "Hands raised"),
    "timeline.unit": ("人、次，专注度为 %", "students, hands; attention in %"),
    "timeline.n": ("{of} 人中 {n} 人到课", "n = {n} of {of} present"),
    "timeline.summary": (
        "参与时间线，{first} 至 {last}；{at} 最多，{most} 人",
        "Who took part from {first} to {last}; most at {at}: {most}",
    ),
    "timeline.empty": ("课中还没有记录。", "Nothing was recorded in class."),
    # Who is missing
    "silent.title": ("谁没有参与", "Who is missing"),
    "silent.help": (
        "应到的学生以名册当天为准；名册里没有这个班时，以课上出现过的人为准。",
        "Expected are those whom the roster has in the class that day; without a roster, those who"
        " were seen in the lesson.",
    ),
    "silent.absent": ("课中没有任何记录：{n} 人", "Nothing recorded in class: {n}"),
    "silent.not_previewed": ("没有预习：{n} 人", "Did not preview: {n}"),
    "silent.not_handed_in": ("作业缺交：{n} 人", "Homework missing: {n}"),
    "silent.nobody": ("没有人", "Nobody"),
    # What teachers did
    "teaching.title": ("教师活动", "What the teacher did"),
    "teaching.n": ("{n} 次", "{n} ×"),
    "teaching.empty": ("没有教师活动的记录。", "Nothing was recorded of the teacher."),
    # Questions
    "questions.title": ("提问与投票", "Questions and polls"),
    "questions.help": (
        "每题只看每人第一次作答；✓ 是正确的选项。没有作答的只列到课的学生。",
        "Each student's first answer counts; ✓ marks what is right. Who did not answer is listed of"
        " those present.",
    ),
    "questions.n": ("{n} 道题，{polls} 次投票", "{n} questions, {polls} polls"),
    "questions.result": (
        "正确率 {share}（{right} / {n}）",
        "{share} right ({right} of {n})",
    ),
    "questions.silent": ("没有作答（{n} 人）：", "No answer ({n}):"),
    "questions.voters": ("{n} 人投票", "n = {n} voters"),
    "questions.no_text": ("（没有内容）", "(nothing said)"),
    "questions.empty": ("这节课没有提问。", "Nothing was asked in this lesson."),
    # Preview
    "preview.title": ("课前预习", "Preview"),
    "preview.help": (
        "谁看了多少、检测答对几题，以及只凭预习推测的课中正确率（预计）与实际的对照。",
        "Who watched how much, how the checks went, and what the preview alone let expect of the"
        " answers in class, beside what happened.",
    ),
    "preview.caption": ("预习过的学生，点击列名排序", "Who previewed; column headings sort"),
    "preview.seconds": ("用时", "Time"),
    "preview.watched": ("观看", "Watched"),
    "preview.checks": ("检测答对", "Checks right"),
    "preview.expected": ("预计课中", "Expected in class"),
    "preview.happened": ("实际课中", "Happened"),
    "preview.share": ("预习率 {share}（{count} / {n}）", "{share} previewed ({count} of {n})"),
    "preview.empty": ("没有人预习。", "Nobody previewed."),
    "preview.surprise.within": (
        "预习预计课中正确率 {expected}（{low}–{high}），实际 {happened}（{n} 题次）："
        "在预计范围内。",
        "The preview let expect {expected} ({low}–{high}) right in class; {happened} were"
        " (n = {n}): as expected.",
    ),
    "preview.surprise.above": (
        "预习预计课中正确率 {expected}（{low}–{high}），实际 {happened}（{n} 题次）：好于预计。",
        "The preview let expect {expected} ({low}–{high}) right in class; {happened} were"
        " (n = {n}): better than expected.",
    ),
    "preview.surprise.below": (
        "预习预计课中正确率 {expected}（{low}–{high}），实际 {happened}（{n} 题次）：低于预计。",
        "The preview let expect {expected} ({low}–{high}) right in class; {happened} were"
        " (n = {n}): worse than expected.",
    ),
    "preview.surprise.none": (
        "预习预计课中正确率 {expected}（{low}–{high}），还没有课中作答（{happened}，{n} 题次）。",
        "The preview lets expect {expected} ({low}–{high}) right in class; there are no answers"
        " yet ({happened}, n = {n}).",
    ),
    # Homework of a lesson
    "homework.title": ("课后作业", "Homework"),
    "homework.help": (
        "每份作业每名学生的状态：按时、迟交、已交（不知道期限）、已开始、未到期、缺交。",
        "How each student stands with each homework: on time, late, done (no due time known),"
        " begun, not due yet, or missing.",
    ),
    "homework.caption": ("每名学生的作业，点击列名排序", "Each student's homework"),
    "homework.which": ("作业", "Homework"),
    "homework.state": ("状态", "State"),
    "homework.time": ("上交时间", "Handed in"),
    "homework.seconds": ("用时", "Time"),
    "homework.score": ("得分", "Score"),
    "homework.right": ("答对", "Right"),
    "homework.empty": ("这节课没有布置作业。", "No homework of this lesson is known."),
    "homework.state.on_time": ("按时", "on time"),
    "homework.state.late": ("迟交", "late"),
    "homework.state.done": ("已交", "done"),
    "homework.state.begun": ("已开始", "begun"),
    "homework.state.open": ("未到期", "not due yet"),
    "homework.state.missing": ("缺交", "missing"),
    "homework.n.on_time": ("按时 {n}", "{n} on time"),
    "homework.n.late": ("迟交 {n}", "{n} late"),
    "homework.n.done": ("已交 {n}", "{n} done"),
    "homework.n.begun": ("已开始 {n}", "{n} begun"),
    "homework.n.open": ("未到期 {n}", "{n} not due yet"),
    "homework.n.missing": ("缺交 {n}", "{n} missing"),
    # What homework proved
    "proved.title": ("从预习到课堂到作业", "From preview to class to homework"),
    "proved.help": (
        "每个知识点在三个阶段的正确率，以及学生平均变化了多少；浅色横带和小字是 95% 区间。",
        "The share of right answers of each knowledge point in the three phases, and how students"
        " changed on the mean; the pale band and the small numbers are the 95% interval.",
    ),
    "proved.caption": ("每个知识点各阶段的正确率", "Right answers of each point by phase"),
    # A teacher
    "teacher.own": ("我的教学", "My teaching"),
    "teacher.title": ("教师", "Teacher"),
    "teacher.unknown.title": ("没有这位教师的记录", "There are no records of this teacher"),
    "teacher.unknown.text": (
        "“{person}”还没有作为教师的记录，或者网址写错了。",
        "There are no records of “{person}” as a teacher yet, or the address is mistyped.",
    ),
    "teacher.weeks": ("教学周", "Teaching weeks"),
    "teacher.acts": ("教学活动", "Acts of teaching"),
    "teacher.lessons": ("课堂", "Lessons"),
    "teacher.homework": ("每周布置作业", "Homework set a week"),
    "teacher.homework_time": ("每课作业用时（中位数）", "Homework a lesson (median)"),
    "teacher.reused": ("重复使用的资源", "Resources used again"),
    "teacher.newest": ("最近的课", "Newest lessons"),
    "teacher.lessons_n": ("共 {n} 节课", "{n} lessons in all"),
    # The dimensions of a teacher
    "dimensions.title": ("教学行为五维画像", "Five dimensions of teaching"),
    "dimensions.help": (
        "每个维度每个教学周的次数；位次是在有此行为的教师中超过了多少，教师不足五人时不给出。"
        "“以前 → 近来”是最近四个教学周与之前相比。这里只说做了多少，不评判好坏。",
        "Acts a teaching week in each dimension; the place is the share of teachers with any of it"
        " who do less, not given for fewer than five. “Before → lately” compares the last four"
        " teaching weeks. This counts, it does not judge.",
    ),
    "dimensions.caption": ("五个维度的次数与位次", "How much of each dimension, and the place"),
    "dimensions.name": ("维度", "Dimension"),
    "dimensions.rank": ("位次（0–100%）", "Place (0–100%)"),
    "dimensions.per_week": ("每周", "A week"),
    "dimensions.n": ("共", "In all"),
    "dimensions.past": ("以前 → 近来", "Before → lately"),
    "dimensions.lessons": ("课", "Lessons"),
    "dimensions.among": ("{n} 名教师中", "of {n} teachers"),
    "dimensions.more": ("比大约 {share} 的教师多", "more than about {share} of the teachers"),
    "dimensions.change": ("{before} → {recent}", "{before} → {recent}"),
    "dimensions.weeks": ("每周的教学活动", "Acts of teaching by week"),
    "dimensions.empty": ("还没有教学活动。", "No acts of teaching yet."),
    "dimensions.summary": ("每周的教学活动：{counts}", "Acts of teaching by week: {counts}"),
    # Resources
    "resources.title": ("教学资源", "Resources"),
    "resources.help": (
        "用得最多的资源：用在几节课里，有多少其他教师采用或使用过。",
        "The resources used most: in how many lessons, and taken up by how many others.",
    ),
    "resources.caption": ("用得最多的资源", "The resources used most"),
    "resources.name": ("资源", "Resource"),
    "resources.lessons": ("课", "Lessons"),
    "resources.others": ("其他教师", "Others"),
    "resources.n": (
        "{n} 个资源，{again} 个用过多次，{others} 个被他人采用",
        "{n} resources, {again} used again, {others} taken up by others",
    ),
    "resources.empty": ("还没有使用资源的记录。", "No resources yet."),
    # Schools
    "schools.title": ("学校", "Schools"),
    "schools.list": ("各校概况", "Schools at a glance"),
    "schools.help": (
        "活跃、活动和正确率是最近有记录的一周的；需要关注的人数见各班页面上的原因。",
        "Active students, activities and right answers are of the newest week with records; why"
        " students are at risk stands on their classes' pages.",
    ),
    "schools.classes": ("班级", "Classes"),
    "schools.students": ("学生", "Students"),
    "schools.teachers": ("教师", "Teachers"),
    "schools.active": ("活跃学生", "Active"),
    "schools.actions": ("活动", "Activities"),
    "schools.accuracy": ("正确率", "Right"),
    "schools.risky": ("需要关注", "At risk"),
    "schools.empty.title": ("没有可以查看的学校", "No schools to show"),
    "schools.empty.text": (
        "名册里今天没有学校。名册由管理员导入（xueji roster import）。",
        "Today's roster has no school. The operator imports rosters (xueji roster import).",
    ),
    "school.unknown.title": ("名册里没有这所学校", "The roster has no such school"),
    "school.unknown.text": (
        "“{school}”不在名册里，或者网址写错了。",
        "“{school}” is not in the roster, or the address is mistyped.",
    ),
    # The district
    "district.title": ("区域", "District"),
    "district.heading": ("区域画像", "The district"),
    "district.schools": ("学校", "Schools"),
    "district.classes": ("班级", "Classes"),
    "district.students": ("学生", "Students"),
    "district.teachers": ("教师", "Teachers"),
    "district.active": ("最近一周活跃", "Active in the newest week"),
    "district.accuracy": ("最近一周正确率", "Right in the newest week"),
    "district.risky": ("需要关注", "At risk"),
    "district.stage": ("学段", "Stage"),
    "district.newest": (
        "最近一周（{week} 起）{n} 名学生活跃",
        "{n} students active in the week of {week}",
    ),
    "district.weak": ("薄弱知识点", "Weak knowledge points"),
    "district.weak.help": (
        "掌握程度最低的知识点，至少五名学生有足够的作答；人数少的向全学科平均收拢。"
        "横带是 95% 区间。",
        "The points of lowest mastery, of five students or more; those of few students are drawn"
        " towards their subject's mean. The band is the 95% interval.",
    ),
    "district.subject_mean": ("学科平均", "Subject's mean"),
    # Diagnosis
    "diagnosis.title": ("学校 × 学科 × 学段诊断", "School × subject × stage"),
    "diagnosis.help": (
        "每所学校学生平均掌握程度的估计，小学校向全区平均收拢；横带是 95% 区间。"
        "整条横带都在全区平均的一侧才算明显高于或低于。",
        "What is believed of each school's mean mastery; small schools are drawn towards the"
        " district's mean, and the band is the 95% interval. Only a band wholly on one side of that"
        " mean is surely above or below.",
    ),
    "diagnosis.n": ("{n} 项", "n = {n} cells"),
    "diagnosis.all": ("全区平均", "District's mean"),
    "diagnosis.differs": ("与全区相比", "Against the district"),
    "diagnosis.above": ("▲ 明显高于", "▲ surely above"),
    "diagnosis.within": ("没有明显差别", "no sure difference"),
    "diagnosis.below": ("▼ 明显低于", "▼ surely below"),
    # Rankings
    "ranking.schools": ("学校月通报", "Schools of the month"),
    "ranking.schools.help": (
        "按当月人均学习活动排名，相同的并列。",
        "By activities a student in the month; equals share a rank.",
    ),
    "ranking.apps": ("应用月通报", "Apps of the month"),
    "ranking.apps.help": (
        "按当月覆盖人数排名，相同的并列。",
        "By how many persons they reached in the month; equals share a rank.",
    ),
    "ranking.rank": ("名次", "Rank"),
    "ranking.app": ("应用", "App"),
    "ranking.per_student": ("人均活动", "A student"),
    "ranking.active": ("活跃学生", "Active"),
    "ranking.persons": ("人数", "Persons"),
    "ranking.actions": ("活动", "Activities"),
    "ranking.change": ("较上月", "Change"),
    "ranking.empty": ("这个月没有记录。", "There are no records of this month."),
    # Quarterly report
    "report.title": ("季度报告", "Report"),
    "report.heading": ("季度报告：{quarter}", "Report of {quarter}"),
    "report.quarter": ("{year} 年第 {quarter} 季度", "Q{quarter} {year}"),
    "report.text": ("概要", "In short"),
    "report.persons": ("参与人数", "Persons"),
    "report.actions": ("学习活动", "Activities"),
    "report.schools": ("学校", "Schools"),
    "report.apps": ("应用", "Apps"),
    "report.persons_change": ("人数较上季度", "Persons, change"),
    "report.actions_change": ("活动较上季度", "Activities, change"),
    "report.months": ("各月学习活动", "Activities by month"),
    "report.summary": ("各月学习活动：{counts}", "Activities by month: {counts}"),
    # Choosing
    "choice.month": ("通报月份", "Rankings of"),
    "choice.quarter": ("季度", "Quarter"),
    "choice.on": ("日期", "Day"),
    "choice.subject": ("学科", "Subject"),
    "choice.all": ("全部", "All"),
    "choice.show": ("查看", "Show"),
    # Saving
    "export.picture": ("PNG：把“{what}”存为图片", "PNG: save “{what}” as a picture"),
    "export.table": ("CSV：把“{what}”的数据存为表格", "CSV: save the numbers of “{what}”"),
    # What a student is to do
    "plan.title": ("作业计划", "Homework plan"),
    "plan.help": (
        "根据每个知识点的掌握区间和错题本安排：正确率越高，作业越少；总时长不超过学段每天的上限。没有把握的"
        "知识点先做几道诊断题。",
        "By the interval of each knowledge point's mastery and the mistake book: the more is right,"
        " the less homework, within the day's limit of the stage. What nobody is sure of gets a few"
        " items to find out.",
    ),
    "plan.caption": ("今天建议的作业及理由", "What to do today, and why"),
    "plan.layer": ("层次", "Layer"),
    "plan.items": ("新题", "Items"),
    "plan.retry": ("重做错题", "Again"),
    "plan.minutes": ("用时", "Time"),
    "plan.aside": ("{items} 题，约 {length}", "{items} items, about {length}"),
    "plan.later": ("留到以后的知识点：{points}", "Left for later: {points}"),
    "plan.empty": ("今天没有需要安排的作业。", "There is nothing to do today."),
    "book.title": ("错题本", "Mistake book"),
    "book.caption": ("答错过的题，点击列名排序", "Items that went wrong; column headings sort"),
    "book.item": ("题目", "Item"),
    "book.state": ("状态", "State"),
    "book.times": ("答错", "Wrong"),
    "book.attempts": ("尝试", "Attempts"),
    "book.last": ("最近答错", "Last wrong"),
    "book.state.wrong": ("未订正", "not corrected"),
    "book.state.retried": ("已重做", "retried"),
    "book.state.mastered": ("已掌握", "mastered"),
    "book.n": (
        "未订正 {wrong}，已重做 {retried}，已掌握 {mastered}",
        "{wrong} not corrected, {retried} retried, {mastered} mastered",
    ),
    "book.shown": ("第 {first}–{last} 题", "{first}–{last}"),
    "book.none_chosen": ("没有这样的错题。", "There are no such mistakes."),
    "book.empty": ("还没有答错过的题。", "Nothing went wrong yet."),
    # Tables
    "table.sort_by": ("排序", "Sort by"),
    "table.low": ("{column}：下限", "{column}: low"),
    "table.high": ("{column}：上限", "{column}: high"),
    "table.note": ("{column}：说明", "{column}: note"),
    "table.ascending": ("从小到大", "ascending"),
    "table.descending": ("从大到小", "descending"),
    # Lengths of time
    "time.hours": ("{hours} 小时 {minutes} 分", "{hours} h {minutes} min"),
    "time.minutes": ("{minutes} 分", "{minutes} min"),
    "time.seconds": ("{seconds} 秒", "{seconds} s"),
    **LESSON_WORDS,
    **OPERATING_WORDS,
    **EVALUATION_WORDS,
    **STUDENT_WORDS,
}


class Words:
    """The words of one language."""

    def __init__(self, language: Language = CHINESE) -> None:
        self.language = language
        self._index = 0 if language == CHINESE else 1

    def __call__(self, key: str, /, **values: object) -> str:
        """Give the words of a key, values put in their places; raises KeyError for no such key."""
        words = WORDS[key][self._index]
        return words.format(**values) if values else words

    def of(self, both: Mapping[str, _Said]) -> _Said:
        """Give what an answer says as ``zh`` and ``en``."""
        return both["zh" if self.language == CHINESE else "en"]

    def known(self, key: str, otherwise: str) -> str:
        """Give the words of a key that there may be; `otherwise` where there is none."""
        words = WORDS.get(key)
        return otherwise if words is None else words[self._index]

    def listed(self, named: Iterable[str]) -> str:
        """Join names as the language does: A、B or A, B."""
        return ("、" if self.language == CHINESE else ", ").join(named)

    def clauses(self, said: Iterable[str]) -> str:
        """Join what stands for itself as the language does: by ； or by a semicolon."""
        return ("；" if self.language == CHINESE else "; ").join(said)

    def term(self, terms: Mapping[str, Term] | Mapping[str, Action], code: str) -> str:
        """Name a code of the vocabulary; the code itself where it is none of these."""
        term = terms.get(code)
        return code if term is None else self.choose({CHINESE: term.zh, ENGLISH: term.en}, code)

    def choose(self, names: Mapping[str, str], otherwise: str) -> str:
        """Choose a name in this language, else in its nearest kin, else any, else `otherwise`."""
        primary = self.language.partition("-")[0]
        kin = [name for tag, name in sorted(names.items()) if tag.partition("-")[0] == primary]
        return names.get(self.language) or next(iter([*kin, *names.values(), otherwise]))


def language_named(tag: str | None) -> Language:
    """Give the language of that tag; Chinese where it is none of ours."""
    return ENGLISH if tag == ENGLISH else CHINESE
