"""Words of a student's page: Chinese and English, as in ``api.ui.words``."""

from typing import Final

STUDENT_WORDS: Final[dict[str, tuple[str, str]]] = {
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
    "ratings.source": ("评价人与指标", "By whom, on what"),
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
