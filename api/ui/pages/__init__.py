"""The pages; importing this package makes NiceGUI know them."""

from api.ui.pages import (
    class_group,
    classes,
    failures,
    lesson,
    lessons,
    sign_in,
    student,
    students,
    teacher,
)

__all__ = [
    "class_group",
    "classes",
    "failures",
    "lesson",
    "lessons",
    "sign_in",
    "student",
    "students",
    "teacher",
]
