"""The pages; importing this package makes NiceGUI know them."""

from api.ui.pages import class_group, classes, failures, sign_in, student, students

__all__ = ["class_group", "classes", "failures", "sign_in", "student", "students"]
