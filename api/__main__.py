"""Starts the command `xueji`: all that it imports stays, so no cycles are looked for in it."""

import gc


def main() -> None:
    """Run the command that this process was started with."""
    gc.disable()
    from api.command_line import main as command

    gc.freeze()
    gc.enable()
    command()


if __name__ == "__main__":
    main()
