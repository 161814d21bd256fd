"""The pages; importing this package makes NiceGUI know them."""

from api.ui.pages import (
    class_group,
    classes,
    district,
    evidence,
    failures,
    generation_comparison,
    generations,
    lesson,
    lessons,
    report,
    school,
    schools,
    sign_in,
    student,
    students,
    teacher,
)

__all__ = [
    "class_group",
    "classes",
    "district",
    "evidence",
    "failures",
    "generation_comparison",
    "generations",
    "lesson",
    "lessons",
    "report",
    "school",
    "schools",
    "sign_in",
    "student",
    "students",
    "teacher",
]
