"""`COMMAND | python -m scripts.terminal_picture OUT.svg`: a terminal's output as a picture.

Colours are taken from the output's escape sequences, so let COMMAND believe that it writes to a
terminal (`script -qc COMMAND /dev/null`, or `tmux capture-pane -e -p` of a screen that changes).
Nothing in the picture is loaded from elsewhere.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from offchain.programs.running import run_program

_FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-HJKSThlnsu]|\x1b\][^\x07]*\x07|\r")


def picture(output: str, title: str, columns: int) -> str:
    """Return output with colours as SVG."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(_CONTROLS.sub("", output).strip("\n")))
    drawn = console.export_svg(title=title, theme=MONOKAI)
    return (
        _FONT_FACES.sub("", drawn)
        .replace("Fira Code", "ui-monospace")
        .replace("font-family: arial", "font-family: sans-serif")
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--title", default="", help="above the output")
@click.option("--columns", type=click.IntRange(20, 400), default=100, show_default=True)
def draw(file: Path, title: str, columns: int) -> None:
    """Draw standard input, a terminal's output, as SVG into FILE."""
    file.write_text(picture(sys.stdin.read(), title, columns), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run_program(draw, "terminal_picture"))
