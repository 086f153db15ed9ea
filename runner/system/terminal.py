"""What a terminal would show in the end of what a program wrote: redrawn lines as they were left, no control sequences.

Only what leads to other words is followed: carriage return, backspace, erasing, and a cursor that moves along its line
or to lines above (ECMA-48; console_codes(4)). Colours, titles, links and all else are left out.
"""

import re

_WIDEST = 512  # columns: no terminal is wider, and nobody makes a line longer by moving the cursor
_PIECES = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f\x80-\x9f]+|\t)"
    r"|(?P<line_end>[\n\x0b\x0c\x85])"
    r"|(?:\x1b\[|\x9b)(?P<numbers>[0-?]{0,64})[ -/]{0,8}(?P<act>[@-~])?"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]{0,4096}(?:\x07|\x1b\\|\x9c)?"  # up to its own end
    r"|\x1b[ -/]{0,8}[0-~]?"
    r"|(?P<sign>.)",
    re.DOTALL,
)
_MOST_DIGITS = 6


def rendered(text: str) -> str:
    """The lines of text as a terminal would have left them, in time that grows with the text only."""
    screen = _Screen()
    for piece in _PIECES.finditer(text):
        if words := piece["text"]:
            screen.write(words)
        elif piece["line_end"]:
            screen.end_line()
        elif act := piece["act"]:
            screen.act(act, piece["numbers"])
        elif sign := piece["sign"]:
            screen.obey(sign)
    return "\n".join("".join(line) for line in screen.lines)


class _Screen:
    """Lines without end, and a cursor."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = [[]]
        self._row = self._column = 0

    def write(self, words: str) -> None:
        """Put words where the cursor is, in the place of what is there."""
        line = self.lines[self._row]
        if self._column > len(line):
            line.extend(" " * (self._column - len(line)))
        line[self._column : self._column + len(words)] = words
        self._column += len(words)

    def end_line(self) -> None:
        """Go on with the next line."""
        self._row += 1
        self._column = 0
        if self._row == len(self.lines):
            self.lines.append([])

    def obey(self, sign: str) -> None:
        """Do what a control character says; most say nothing that is seen."""
        if sign == "\r":
            self._column = 0
        elif sign == "\b":
            self._column = max(0, self._column - 1)

    def act(self, act: str, numbers: str) -> None:
        """Do what a control sequence says."""
        first = numbers.partition(";")[0]
        number = int(first[:_MOST_DIGITS]) if first.isdecimal() else None
        match act:
            case "K":
                self._erase_in_line(number or 0)
            case "J" if not number:
                self._erase_in_line(0)
                del self.lines[self._row + 1 :]
            case "A" | "F":
                self._row = max(0, self._row - (number or 1))
            case "B" | "E":
                self._row = min(len(self.lines) - 1, self._row + (number or 1))
            case "C":
                self._move_to(self._column + (number or 1))
            case "D":
                self._move_to(self._column - (number or 1))
            case "G":
                self._move_to((number or 1) - 1)
            case _:
                pass  # colours and the like
        if act in "EF":
            self._column = 0

    def _move_to(self, column: int) -> None:
        self._column = max(0, min(column, max(_WIDEST, self._column)))

    def _erase_in_line(self, how: int) -> None:
        line = self.lines[self._row]
        if how == 0:
            del line[self._column :]
        elif how == 1:
            line[: self._column + 1] = " " * min(len(line), self._column + 1)
        else:
            line.clear()
