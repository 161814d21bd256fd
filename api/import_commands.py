"""The commands ``xueji import …``: files become statements and are posted over HTTP."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.imports import (
    Endpoint,
    Import,
    PostingStopped,
    SourceBroken,
    Summary,
    import_assistments,
    import_oulad,
    import_statements,
    summary_table,
)

commands = typer.Typer(help="Post files as statements.", no_args_is_help=True)
console = Console()

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file, .gz or not.")]
EndpointUrl = Annotated[str, typer.Option(help="The record's xAPI root.")]
Key = Annotated[str, typer.Option(envvar="XUEJI_KEY", help="The credential's key.")]
Secret = Annotated[str, typer.Option(envvar="XUEJI_SECRET", help="Its secret.")]
BatchSize = Annotated[int, typer.Option(min=1, help="Statements in one POST.")]
Connections = Annotated[int, typer.Option(min=1, help="Connections at once.")]
Refusals = Annotated[Path | None, typer.Option(help="A file for the refusals, as JSON lines.")]

LOCAL = "http://127.0.0.1:8080/xapi"


def _command(do_import: Callable[[Path, Import], Summary]) -> Callable[..., None]:
    """Make the command of one importer; all have the same options."""

    def command(
        file: File,
        key: Key,
        secret: Secret,
        endpoint: EndpointUrl = LOCAL,
        batch_size: BatchSize = 50,
        connections: Connections = 4,
        refusals: Refusals = None,
    ) -> None:
        how = Import(Endpoint(endpoint, key, secret), batch_size, connections, refusals, console)
        _run(do_import, file, how)

    return command


for name, do_import, purpose in (
    ("assistments", import_assistments, "Post ASSISTments responses: one statement a response."),
    ("oulad", import_oulad, "Post the Open University's assessment scores, or its final results."),
    ("statements", import_statements, "Post any xAPI dump, .json or .jsonl; refusals are listed."),
):
    commands.command(name, help=purpose)(_command(do_import))


def _run(do_import: Callable[[Path, Import], Summary], file: Path, how: Import) -> None:
    try:
        summary = do_import(file, how)
    except (PostingStopped, SourceBroken) as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        sys.exit(1)
    console.print(summary_table(summary))
