"""The pages; importing this package makes NiceGUI know them."""

from api.ui.pages import failures, sign_in, student, students

__all__ = ["failures", "sign_in", "student", "students"]
