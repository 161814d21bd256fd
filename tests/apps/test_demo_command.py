"""`xueji demo` serves, posts, projects, writes the roster, and says where to look."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.processes import ROOT, XUEJI


def demo(folder: Path, *options: str) -> str:
    """Run the demo to its end on a free port; gives what it said."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("XUEJI_")}
    environment |= {"XUEJI_DATA_DIRECTORY": str(folder), "XUEJI_PORT": str(free_port())}
    done = subprocess.run(
        [*XUEJI, "demo", "--exit", *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("scale", "students"), [("small", "80"), ("district", "9,029")])
def test_the_demo_of_a_scale_is_posted_and_its_roster_lies_beside(
    tmp_path: Path, scale: str, students: str
) -> None:
    said = demo(tmp_path, "--scale", scale, "--statements", "300")
    told = re.search(r"([\d,]+) statements of ([\d,]+) students are in the record", said)
    assert told, said
    assert 300 <= int(told[1].replace(",", "")) < 1_500
    assert told[2] == students
    assert "/ui/enter?ticket=" in said
    assert re.search("The models stay at their priors: too little .* responses", said), said
    users = (tmp_path / "roster" / "users.csv").read_text("utf-8")
    assert users.count(",student,") == int(students.replace(",", ""))
