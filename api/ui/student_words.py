"""Words of a student's page: Chinese and English, as in ``api.ui.words``."""

from typing import Final

STUDENT_WORDS: Final[dict[str, tuple[str, str]]] = {
    "student.no_days": (
        "结束日期 {last} 早于开始日期 {first}，这些天里没有活动可看。请重新选择。",
        "The last day, {last}, is before the first, {first}: there is nothing of such days. Please"
        " choose again.",
    ),
    # Radar
    "radar.now": ("现在", "Now"),
    "radar.past": ("之前", "Before"),
    "radar.class": ("本班", "Class"),
    "radar.store": ("全体学生", "All students"),
    "radar.rests_on": ("依据", "Rests on"),
    "radar.and": ("；", "; "),
    "radar.comma": ("，", ", "),
    "radar.beside": ("（{told}）", " ({told})"),
    "radar.compared": (
        "现在：{days}；之前：{before}；与{who}的 {n} 人比较",
        "Now: {days}; before: {before}; compared with {who}, n = {n}",
    ),
    "radar.bridged": (
        "“{name}”有的方面证据不够，线直接连过",
        "“{name}” passes sides that lack evidence in a straight line",
    ),
    "radar.not_drawn": (
        "“{name}”有的方面证据不够，没有画线",
        "“{name}” has no line: some sides lack evidence",
    ),
    # Why a point is listed as weak or strong
    "points.and": ("；", "; "),
    "points.reason.low": (
        "掌握区间的上限 {high}，不到 {below}",
        "even the upper end of the interval, {high}, is below {below}",
    ),
    "points.reason.below_class": (
        "区间上限 {high}，低于{others}平均 {probability}（{n} 人）",
        "the upper end, {high}, is below the mean {probability} of: {others}, n = {n}",
    ),
    "points.reason.fallen": (
        "比四周前的 {before} 低了 {by} 个百分点，超出区间",
        "{by} points lower than the {before} of four weeks before, more than the interval",
    ),
    "points.reason.lowest_of_own": (
        "只是自己的知识点中较低的，区间上限 {high}",
        "only among the lowest of the own points; the upper end is {high}",
    ),
    "points.reason.high": (
        "掌握区间的下限 {low}，达到 {before}",
        "even the lower end of the interval, {low}, reaches {before}",
    ),
    "points.reason.above_class": (
        "区间下限 {low}，高于{others}平均 {probability}（{n} 人）",
        "the lower end, {low}, is above the mean {probability} of: {others}, n = {n}",
    ),
    "points.reason.risen": (
        "比四周前的 {before} 高了 {by} 个百分点，超出区间",
        "{by} points higher than the {before} of four weeks before, more than the interval",
    ),
    "points.reason.highest_of_own": (
        "只是自己的知识点中较高的，区间下限 {low}",
        "only among the highest of the own points; the lower end is {low}",
    ),
    # Mastery
    "mastery.change": ("较四周前（百分点）", "Since four weeks ago (points)"),
    "mastery.change.more": ("超出区间", "more than the interval"),
    "mastery.change.within": ("在区间内", "within the interval"),
    "mastery.class": ("本班或全体平均", "Mean of class or all"),
    "mastery.class.n": ("{others} {n} 人", "{others}, n = {n}"),
    # Badges
    "badges.title": ("徽章", "Badges"),
    "badges.help": (
        "得到的徽章，最近的在前；新徽章一到就会出现在这里。每枚都能打开发放它的原始语句。",
        "The badges earned, the newest first; new ones appear by themselves. Each opens the"
        " statement that gave it.",
    ),
    "badges.n": ("共 {n} 枚", "n = {n} badges"),
    "badges.newest": ("下面是最近的 {n} 枚。", "Below are the newest {n}."),
    "badges.deed": ("表现：{deed}", "For: {deed}"),
    "badges.given_by": ("由 {who} 发放 · {time}", "by {who} · {time}"),
    "badges.statement": ("查看原始语句", "Open the statement"),
    "badges.empty": (
        "还没有徽章。得到徽章后会自动出现在这里。",
        "No badges yet. They appear here by themselves.",
    ),
    # Ratings
    "ratings.title": ("他人与自己的评价", "Ratings"),
    "ratings.help": (
        "教师、同伴、自己和家长给出的评价，按评价指标取平均，都换算成 0–100%。点次数可查看每一次。",
        "Ratings by teachers, peers, the student and parents, averaged by indicator, all on a scale"
        " of 0–100%. The number of times opens each of them.",
    ),
    "ratings.caption": (
        "每种评价人对每个指标的平均评价",
        "The mean rating by each kind of rater on each indicator",
    ),
    "ratings.source": ("评价人", "By"),
    "ratings.indicator": ("指标", "On"),
    "ratings.by_others": ("其他评价人", "Others"),
    "ratings.whole": ("总体（没有注明指标）", "In all (no indicator said)"),
    "ratings.mean": ("平均（0–100%）", "Mean (0–100%)"),
    "ratings.n": ("次数", "Times"),
    "ratings.empty": ("还没有评价。", "No ratings yet."),
    # Videos
    "videos.title": ("看过的视频", "Videos"),
    "videos.help": (
        "看到：最远到过的进度；停在：最近一次记录的进度；用时：一共看了多久。"
        "最近看的在前，最多 50 个。",
        "Furthest: the furthest progress; left at: the progress last reported; time: watched in"
        " all. The last watched first, 50 at most.",
    ),
    "videos.caption": ("每个视频看到哪里、看了多久", "How far and how long each was watched"),
    "videos.video": ("视频", "Video"),
    "videos.progress": ("看到", "Furthest"),
    "videos.left": ("停在", "Left at"),
    "videos.seconds": ("用时", "Time"),
    "videos.n": ("次数", "Times"),
    "videos.count": ("{n} 个视频", "n = {n} videos"),
    "videos.empty": ("还没有看过视频。", "No videos yet."),
}
