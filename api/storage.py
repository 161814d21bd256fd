"""What a server keeps and what it is made of: bytes of record, warehouse and attachments; versions.

Whoever operates it has to see in time that a disk fills up.
"""

import platform
import shutil
from importlib.metadata import version

from api.services import Services
from lrs.versions import Version
from projections.warehouse import schema_version


def storage_of(services: Services) -> dict[str, int | None]:
    """Measure in bytes what is stored, and what is ``free`` beside the data directory.

    The warehouse is all its generations. Attachments that lie elsewhere are None: to list them
    would take an unknown time.
    """
    attachments = services.attachments
    return {
        "record": services.record.statements.size(),
        "warehouse": services.warehouse.size(),
        "attachments": attachments.size_of_all() if attachments.is_local else None,
        "free": shutil.disk_usage(services.settings.data_directory).free,
    }


def versions_of_server(services: Services) -> dict[str, str]:
    """Name the versions of the program, of what it speaks, and of what it keeps data in."""
    return {
        "xueji": version("xueji"),
        "xapi": ", ".join(each.value for each in Version),
        "schema": schema_version(),
        "record": services.record.statements.version(),
        "warehouse": f"ClickHouse {services.warehouse.version()}",
        "python": platform.python_version(),
    }
