"""What the demo district teaches: subjects, knowledge points by grade, and their questions."""

import random
from functools import cache

from apps.teaching import Item, KnowledgePoint

ACADEMIC = ("mathematics", "chinese", "english")
FOOTBALL = "physical-education"
SUBJECT_NAMES = {
    "mathematics": ("数学", "Mathematics"),
    "chinese": ("语文", "Chinese"),
    "english": ("英语", "English"),
    FOOTBALL: ("体育与健康", "Physical education"),
}
GRADE_NAMES = "一二三四五六七八九"
FIRST_JUNIOR_GRADE = 7
ITEMS_OF_A_KNOWLEDGE_POINT = 96

Topic = tuple[str, str, str]  # code, zh, en

# Topics in the order they are taught. Grade five, which small demos show, has the chapters of its
# textbooks; the other grades have their stage's strands.
_GRADE_FIVE: dict[str, tuple[Topic, ...]] = {
    "mathematics": (
        ("decimal-multiplication", "小数乘法", "Multiplying decimals"),
        ("simple-equations", "简易方程", "Simple equations"),
        ("area-of-polygons", "多边形的面积", "Area of polygons"),
        ("factors-and-multiples", "因数与倍数", "Factors and multiples"),
        ("possibility", "可能性", "Possibility"),
    ),
    "chinese": (
        ("main-idea", "概括主要内容", "Finding the main idea"),
        ("figures-of-speech", "修辞手法", "Figures of speech"),
        ("ways-of-explaining", "说明方法", "Ways of explaining"),
        ("classical-reading", "文言文阅读", "Reading classical Chinese"),
        ("retelling", "创造性复述", "Retelling stories"),
    ),
    "english": (
        ("frequency-adverbs", "频度副词", "Adverbs of frequency"),
        ("present-continuous", "现在进行时", "Present continuous"),
        ("modal-verbs", "情态动词", "Modal verbs"),
        ("simple-past", "一般过去时", "Simple past"),
        ("question-words", "特殊疑问句", "Question words"),
    ),
}
_PRIMARY: dict[str, tuple[Topic, ...]] = {
    "mathematics": (
        ("numbers", "数与运算", "Numbers and operations"),
        ("quantities", "数量关系", "Quantities"),
        ("shapes", "图形的认识", "Shapes"),
        ("measuring", "测量", "Measuring"),
        ("data", "数据分类", "Sorting data"),
    ),
    "chinese": (
        ("characters", "识字与写字", "Characters"),
        ("words", "词语运用", "Words in use"),
        ("sentences", "句子表达", "Sentences"),
        ("reading", "阅读理解", "Reading"),
        ("poems", "古诗文", "Classical poems"),
    ),
    "english": (
        ("phonics", "自然拼读", "Phonics"),
        ("vocabulary", "词汇", "Vocabulary"),
        ("patterns", "句型", "Sentence patterns"),
        ("listening", "听力理解", "Listening"),
        ("stories", "故事阅读", "Reading stories"),
    ),
}
_JUNIOR: dict[str, tuple[Topic, ...]] = {
    "mathematics": (
        ("expressions", "数与式", "Numbers and expressions"),
        ("equations", "方程与不等式", "Equations and inequalities"),
        ("functions", "函数", "Functions"),
        ("figures", "图形的性质", "Properties of figures"),
        ("statistics", "统计与概率", "Statistics and probability"),
    ),
    "chinese": (
        ("modern-texts", "现代文阅读", "Modern texts"),
        ("classical-prose", "文言文", "Classical prose"),
        ("poetry", "诗歌鉴赏", "Poetry"),
        ("great-books", "名著阅读", "Great books"),
        ("arguing", "论证方法", "Ways of arguing"),
    ),
    "english": (
        ("tenses", "时态", "Tenses"),
        ("passive", "被动语态", "Passive voice"),
        ("clauses", "从句", "Clauses"),
        ("cloze", "完形填空", "Cloze"),
        ("long-texts", "语篇阅读", "Reading long texts"),
    ),
}


def stage_of(grade: int) -> str:
    """Give the profile's code of the stage of a grade, 1..9."""
    return "primary" if grade < FIRST_JUNIOR_GRADE else "junior"


def grade_name(grade: int) -> str:
    """Give the Chinese name of a grade, 1..9."""
    return f"{GRADE_NAMES[grade - 1]}年级"


def course_of(subject: str, grade: int) -> tuple[str, str, str]:
    """Give a course's code, and its Chinese and English name."""
    zh, en = SUBJECT_NAMES[subject]
    return f"{subject}-{grade}", f"{grade_name(grade)}{zh}", f"{en}, grade {grade}"


@cache
def knowledge_points(subject: str, grade: int, number: int) -> tuple[KnowledgePoint, ...]:
    """Give the first ``number`` knowledge points of a grade, in the order they are taught."""
    if grade == 5:
        topics = _GRADE_FIVE[subject]
        return tuple(KnowledgePoint(f"{subject}/{code}", zh, en) for code, zh, en in topics)[
            :number
        ]
    of_stage = _PRIMARY if stage_of(grade) == "primary" else _JUNIOR
    return tuple(
        KnowledgePoint(
            f"{subject}/grade-{grade}/{code}",
            f"{zh}（{grade_name(grade)}）",
            f"{en}, grade {grade}",
        )
        for code, zh, en in of_stage[subject][:number]
    )


class ItemBank:
    """The questions of each knowledge point, the same for all classes and for the same seed.

    Difficulties are uniform between -1.2 and 1.2 logits. Every fourth question asks for the
    knowledge point taught before, too.
    """

    def __init__(self, seed: int, points_of_a_subject: int) -> None:
        self._seed = seed
        self._points = points_of_a_subject
        self._items: dict[KnowledgePoint, tuple[Item, ...]] = {}

    def items(self, subject: str, grade: int, point: KnowledgePoint) -> tuple[Item, ...]:
        """Give all questions of a knowledge point."""
        if point not in self._items:
            taught = knowledge_points(subject, grade, self._points)
            place = taught.index(point)
            before = taught[place - 1] if place else None
            self._items[point] = tuple(
                self._item(number, point, before if number % 4 == 0 else None)
                for number in range(1, ITEMS_OF_A_KNOWLEDGE_POINT + 1)
            )
        return self._items[point]

    def _item(self, number: int, point: KnowledgePoint, also: KnowledgePoint | None) -> Item:
        chance = dice(self._seed, point.code, number)
        return Item(
            code=f"{point.code}/{number}",
            zh=f"{point.zh} 第{number}题",
            en=f"{point.en}, item {number}",
            knowledge_points=(point, also) if also else (point,),
            difficulty=chance.uniform(-1.2, 1.2),
            right_choice=chance.choice("ABCD"),
        )


def dice(*seeds: object) -> random.Random:
    """Give chance that is the same for the same seeds."""
    return random.Random("/".join(map(str, seeds)))  # noqa: S311 - a simulation, no secret
