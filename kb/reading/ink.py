"""Ink: a page of a PDF -> the same page without the text that nobody sees, and the words of that text.

Text is unseen that paints nothing or white where nothing darker or no picture was painted before, that is
tiny, or that stands outside the page. Text over a picture stays: a scan carries its words that way. What
stands in a form of its own (a form XObject) is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]
_UNIT: Matrix = (1, 0, 0, 1, 0, 0)
_WHITE = 0.94  # from here on, in grey, red, green and blue
_TINY = 1.5  # points
_SHOWS = (b"Tj", b"TJ", b"'", b'"')
_FILLS = (b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*")
_ENDS_PATH = (*_FILLS, b"n", b"S", b"s")
_UNPAINTED = (3, 7)  # modes of text


@dataclass(frozen=True, slots=True)
class _State:
    """What holds until it is changed or restored."""

    place: Matrix = _UNIT
    white: bool = False
    size: float = 0.0
    mode: int = 0


@dataclass
class _Page:
    """A page while its operations are gone through."""

    box: Box
    pictures: dict[str, bool]
    state: _State = field(default_factory=_State)
    kept: list[_State] = field(default_factory=list)
    text: Matrix = _UNIT
    line: Matrix = _UNIT
    path: list[tuple[float, float]] = field(default_factory=list)
    painted: list[Box] = field(default_factory=list)

    def step(self, operands: Sequence[Any], operator: bytes) -> None:
        """Follow one operation that shows no text."""
        if operator in (b"q", b"Q", b"cm", b"Tf", b"Tr"):
            self._set(operands, operator)
        elif operator in (b"g", b"rg", b"k", b"cs", b"sc", b"scn"):
            self.state = replace(self.state, white=_is_white(operands, operator))
        elif operator in (b"BT", b"Tm", b"Td", b"TD"):
            self._move(operands, operator)
        else:
            self._paint(operands, operator)

    def hides(self) -> bool:
        """Whether text that is shown now is not seen."""
        across, down, _, up, x, y = _times(self.text, self.state.place)
        _, bottom, right, top = self.box
        if x > right or y > top or y < bottom:
            return True
        if abs(self.state.size) * max(abs(up), abs(down), abs(across)) < _TINY:
            return True
        unseen = self.state.white if self.state.mode == 0 else self.state.mode in _UNPAINTED
        return unseen and not any(a <= x <= c and b <= y <= d for a, b, c, d in self.painted)

    def _set(self, operands: Sequence[Any], operator: bytes) -> None:
        if operator == b"q":
            self.kept.append(self.state)
        elif operator == b"Q":
            self.state = self.kept.pop() if self.kept else _State()
        elif operator == b"cm":
            self.state = replace(self.state, place=_times(_matrix(operands), self.state.place))
        elif operator == b"Tf":
            self.state = replace(self.state, size=float(operands[1]))
        else:
            self.state = replace(self.state, mode=int(operands[0]))

    def _move(self, operands: Sequence[Any], operator: bytes) -> None:
        if operator == b"BT":
            self.line = _UNIT
        elif operator == b"Tm":
            self.line = _matrix(operands)
        else:
            self.line = _times((1, 0, 0, 1, float(operands[0]), float(operands[1])), self.line)
        self.text = self.line

    def _paint(self, operands: Sequence[Any], operator: bytes) -> None:
        if operator in (b"m", b"l", b"c", b"v", b"y"):
            numbers = [float(number) for number in operands]
            self._reach(zip(numbers[::2], numbers[1::2], strict=False))
        elif operator == b"re":
            x, y, width, height = (float(number) for number in operands)
            self._reach([(x, y), (x + width, y), (x, y + height), (x + width, y + height)])
        elif operator == b"Do" and self.pictures.get(str(operands[0])):
            self._reach([(0, 0), (1, 0), (0, 1), (1, 1)])
            self._cover()
        elif operator in (b"sh", b"INLINE IMAGE"):
            self.painted.append(self.box)
        elif operator in _ENDS_PATH:
            if operator in _FILLS and not self.state.white and self.path:
                self._cover()
            self.path = []

    def _reach(self, points: Any) -> None:
        a, b, c, d, e, f = self.state.place
        self.path += [(a * x + c * y + e, b * x + d * y + f) for x, y in points]

    def _cover(self) -> None:
        across, up = zip(*self.path, strict=True)
        self.painted.append((min(across), min(up), max(across), max(up)))
        self.path = []


def take_out_hidden(page: Any) -> str:
    """Take the unseen text out of a page of pypdf; gives its words."""
    from pypdf.generic import NameObject

    contents = page.get_contents()
    if contents is None:
        return ""
    followed = _Page(tuple(float(edge) for edge in page.mediabox), _pictures(page))  # type: ignore[arg-type]
    seen, unseen = [], []
    for operation in contents.operations:
        operands, operator = operation
        shows = operator in _SHOWS
        hidden = shows and followed.hides()
        if not shows:
            with suppress(ValueError, TypeError, IndexError):  # what is malformed changes nothing
                followed.step(operands, operator)
        if not hidden:
            seen.append(operation)
        if hidden or not shows:
            unseen.append(operation)
    if not any(operator in _SHOWS for _, operator in unseen):
        return ""
    page[NameObject("/Contents")] = contents
    contents.operations = unseen
    words = page.extract_text()
    contents.operations = seen
    return " ".join(words.split())


def _pictures(page: Any) -> dict[str, bool]:
    """Names of what a page draws, and whether it is a picture."""
    resources = page.get("/Resources")
    drawn = resources.get_object().get("/XObject") if resources is not None else None
    named = drawn.get_object() if drawn is not None else {}
    return {name: named[name].get_object().get("/Subtype") == "/Image" for name in named}


def _is_white(operands: Sequence[Any], operator: bytes) -> bool:
    """Whether a colour is white; where its space is not known by its numbers, it is not."""
    numbers = [float(n) for n in operands if not str(n).startswith("/")]
    if operator == b"k" or (operator in (b"sc", b"scn") and len(numbers) == 4):
        return bool(numbers) and max(numbers) <= 1 - _WHITE
    known = operator in (b"g", b"rg") or len(numbers) == 3
    return known and bool(numbers) and min(numbers) >= _WHITE


def _matrix(operands: Sequence[Any]) -> Matrix:
    a, b, c, d, e, f = (float(number) for number in operands)
    return a, b, c, d, e, f


def _times(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return (
        a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j,
        e * g + f * i + k, e * h + f * j + m,
    )  # fmt: skip
