"""The heat map of a class: who knows which knowledge point, each cell with its number and n."""

from typing import Any

from nicegui import ui

from api.ui.export import ExportButtons
from api.ui.layout import evidence_link, student_link
from api.ui.portrait import point_name
from api.ui.session import Visit
from projections.prediction.mastery import ENOUGH_TRIES

# What a cell is made of, in the order in which the browser gets them.
_NUMBERS = ("probability", "low", "high", "tries", "successes")


class HeatMap(ui.element, component="components/heat_map.js"):
    """A table whose cells are reached by arrow keys, and told in words when they are."""

    def __init__(self, visit: Visit) -> None:
        super().__init__()
        self._visit = visit
        words = self._words = visit.words
        self._props["enough"] = ENOUGH_TRIES
        self._props["points"], self._props["students"] = [], []
        self._props["words"] = {
            name: words(f"heat.{name}")
            for name in ("caption", "student", "all", "cell", "few", "none", "hint")
        }
        self._export = ExportButtons(words, words("heat.title"))

    def show(self, heat_map: dict[str, Any]) -> None:
        """Show ``heat_map`` of a class's portrait."""
        self._props["points"] = [self._point(point) for point in heat_map["points"]]
        self._props["students"] = [self._student(student) for student in heat_map["students"]]
        self.update()
        self._export.show(self._rows(heat_map))

    def _point(self, point: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": point["knowledge_point"],
            "name": point_name(self._visit, point),
            "mean": point["mean"],
            "n": point["n"],
            "note": self._words("heat.n", n=point["n"]),
            "href": evidence_link(point["evidence"]),
        }

    def _student(self, student: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": student["person"],
            "name": student["name"],
            "href": student_link(student["person"]),
            "evidence": evidence_link(student["evidence"]),
            "cells": [
                cell and [round(cell[name], 4) for name in _NUMBERS] for cell in student["cells"]
            ],
        }

    def _rows(self, heat_map: dict[str, Any]) -> list[list[Any]]:
        points = [point_name(self._visit, point) for point in heat_map["points"]]
        if not points:
            return []
        tries = [self._words("heat.tries", point=point) for point in points]
        heading = [self._words("heat.student"), *points, *tries]
        return [
            heading,
            *(
                [
                    student["name"],
                    *(cell and round(cell["probability"], 4) for cell in student["cells"]),
                    *(cell and cell["tries"] for cell in student["cells"]),
                ]
                for student in heat_map["students"]
            ),
        ]
