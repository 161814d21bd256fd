"""Where a setting says so, attachments are kept outside of the data directory."""

from pathlib import Path
from uuid import uuid4

from tests.support.application import running_application
from tests.support.multipart import attachment, data_part, parts_of, post
from tests.support.records import statement

ESSAY = "一篇作文\r\n--".encode() + bytes(range(256))


def test_attachments_may_be_kept_elsewhere(tmp_path: Path) -> None:
    location = f"memory://{uuid4()}"
    with running_application(tmp_path, carrier="none", attachments_url=location) as running:
        xapi = running.xapi("district")
        answer = post(xapi, statement(attachments=[attachment(ESSAY)]), data_part(ESSAY))
        assert answer.status_code == 200, answer.text
        [one] = answer.json()
        [_, data] = parts_of(xapi.get(statementId=one, attachments="true"))
        assert data.data == ESSAY
    assert not (tmp_path / "attachments").exists()
