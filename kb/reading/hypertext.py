"""Hypertext: the HTML of a mail or page -> what a person sees of it, and what was hidden.

Nothing is fetched. Quoted mail (``blockquote``) comes out with ``>`` before each line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
_SILENT_TAGS = frozenset("head style script title".split())
_UNSEEN_TAGS = frozenset("noscript template object iframe svg math".split())
_BLOCKS = frozenset(
    "address article aside blockquote center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol p pre section table tbody tfoot thead tr ul".split()
)
_SPACED = frozenset("p ul ol table h1 h2 h3 h4 h5 h6 pre".split())
_NAMED = {"white": WHITE, "snow": (255, 250, 250), "ivory": (255, 255, 240), "black": (0, 0, 0)}
_TINY = re.compile(
    r"font(?:-size)?\s*:[^;]*?(?<![\d.])(?:0|0?\.\d+|1(?:\.\d+)?)(?:px|pt|em|rem|%)?\s*(?:[;!/]|$)"
)
_TINY_EM = re.compile(r"font(?:-size)?\s*:[^;]*?(?<![\d.])1(?:\.\d+)?(?:em|rem)")
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all"
    r"|opacity\s*:\s*0*(?:\.0\d*)?\s*(?:[;!]|$)|text-indent\s*:\s*-\d{3,}"
    r"|(?:left|top|right)\s*:\s*-\d{3,}|scale\(\s*0\s*\)|clip\s*:\s*rect\(\s*0"
)
_NO_ROOM = re.compile(r"(?<![-\w])(?:max-)?(?:height|width)\s*:\s*0(?:px|pt|em)?\s*(?:[;!]|$)")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SAME_COLOUR = 24


@dataclass
class _Writer:
    """Collects lines; knows how deep in quoted mail it is."""

    lines: list[str] = field(default_factory=list)
    current: str = ""
    depth: int = 0

    def text(self, text: str) -> None:
        text = re.sub(r"\s+", " ", text)
        self.current += text.lstrip() if not self.current or self.current.endswith(" ") else text

    def line(self, *, blank: bool = False) -> None:
        if self.current.strip():
            self.lines.append("> " * self.depth + self.current.strip())
        self.current = ""
        if blank and self.lines and self.lines[-1].strip("> "):
            self.lines.append(("> " * self.depth).strip())


@dataclass(frozen=True, slots=True)
class _Look:
    """What an element passes on to what is in it; ``silent`` holds no text for anyone."""

    hidden: bool = False
    silent: bool = False
    colour: Colour = (0, 0, 0)
    background: Colour | None = WHITE


def visible_text(html: str) -> tuple[str, bool]:
    """The text that is seen, and whether text was left out because it is not."""
    from lxml import etree

    parser = etree.HTMLParser(no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(html.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        return "", False
    hiding = _hiding_selectors(root)
    writer, looks, found_hidden = _Writer(), [_Look()], False

    def write(text: str | None) -> None:
        nonlocal found_hidden
        if not text or looks[-1].silent:
            return
        if looks[-1].hidden:
            found_hidden = found_hidden or bool(text.strip())
        else:
            writer.text(text)

    for event, node in etree.iterwalk(root, events=("start", "end", "comment")):
        if event == "comment":
            comment = (node.text or "").strip()
            said = not comment.startswith("[if") and "{" not in comment
            found_hidden |= said and len(re.findall(r"[^\W\d_]{2,}", comment)) >= 3
            write(node.tail)
            continue
        tag = node.tag.lower() if isinstance(node.tag, str) else ""
        if event == "start":
            looks.append(_look(node, tag, looks[-1], hiding))
            _open(writer, tag)
            write(node.text)
        else:
            looks.pop()
            _close(writer, tag)
            write(node.tail if tag != "html" else None)
    writer.line()
    while writer.lines and not writer.lines[-1].strip("> "):
        writer.lines.pop()
    return "\n".join(writer.lines).strip(), found_hidden


def drop_hidden(root: Any) -> str:
    """Take out of the tree of a page what a person does not see; gives the words that stood there."""
    from lxml import etree

    hiding = _hiding_selectors(root)
    looks, found = [_Look()], []
    for event, node in etree.iterwalk(root, events=("start", "end")):
        tag = node.tag.lower() if isinstance(node.tag, str) else ""
        if event == "end":
            looks.pop()
            continue
        look = _look(node, tag, looks[-1], hiding)
        if look.hidden and not looks[-1].hidden and not look.silent:
            found.append(node)
        looks.append(look)
    words = [
        w for node in found if node.tag not in _UNSEEN_TAGS for w in node.text_content().split()
    ]
    for node in found:
        node.drop_tree()
    return " ".join(words)


def _open(writer: _Writer, tag: str) -> None:
    if tag in _BLOCKS:
        writer.line(blank=tag in _SPACED)
    if tag == "blockquote":
        writer.depth += 1
    elif tag == "li":
        writer.current = "- "
    elif tag == "br":
        if not writer.current:
            writer.line(blank=True)
        writer.line()
    elif tag in ("td", "th"):
        writer.text(" ")


def _close(writer: _Writer, tag: str) -> None:
    if tag in _BLOCKS:
        writer.line(blank=tag in _SPACED)
    if tag == "blockquote":
        writer.depth = max(0, writer.depth - 1)


def _look(node: object, tag: str, outer: _Look, hiding: frozenset[str]) -> _Look:
    attributes = {name.lower(): value for name, value in node.attrib.items()}  # type: ignore[attr-defined]
    style = attributes.get("style", "").lower()
    names = {tag, *(f".{name}" for name in attributes.get("class", "").split())}
    if "id" in attributes:
        names.add(f"#{attributes['id']}")
    colour = _colour(_value(style, "color") or attributes.get("color", "")) or outer.colour
    background = outer.background
    painted = _value(style, r"background(?:-color)?") or attributes.get("bgcolor", "")
    if painted or "background" in attributes:
        background = _colour(painted) or (outer.background if painted == "none" else None)
    hidden = (
        outer.hidden
        or tag in _UNSEEN_TAGS
        or "hidden" in attributes
        or _hides(style)
        or bool(names & hiding)
        or (background is not None and _same(colour, background))
    )
    return _Look(hidden, outer.silent or tag in _SILENT_TAGS, colour, background)


def _hides(style: str) -> bool:
    if _HIDING.search(style) or (_TINY.search(style) and not _TINY_EM.search(style)):
        return True
    return bool(_NO_ROOM.search(style)) and "overflow" in style


def _value(style: str, name: str) -> str:
    found = re.findall(rf"(?<![-\w]){name}\s*:\s*([^;!]+)", style)
    return found[-1].strip() if found else ""


def _colour(text: str) -> Colour | None:
    text = text.strip().lower()
    if text in _NAMED:
        return _NAMED[text]
    if found := re.fullmatch(r"#?([0-9a-f]{6})", text):
        return int(found[1][:2], 16), int(found[1][2:4], 16), int(found[1][4:], 16)
    if found := re.fullmatch(r"#?([0-9a-f]{3})", text):
        red, green, blue = (int(c * 2, 16) for c in found[1])
        return red, green, blue
    if found := re.match(r"rgba?\(\s*(\d{1,3})\D+(\d{1,3})\D+(\d{1,3})", text):
        return int(found[1]), int(found[2]), int(found[3])
    return None


def _same(one: Colour, other: Colour) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= _SAME_COLOUR


def _hiding_selectors(root: object) -> frozenset[str]:
    """Classes, ids and tags that a style sheet hides on a screen; rules for other media do not count."""
    sheets = " ".join(node.text or "" for node in root.iter("style"))  # type: ignore[attr-defined]
    sheets = re.sub(r"/\*.*?\*/|<!--|-->", " ", sheets[:200_000], flags=re.DOTALL)
    sheets = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", " ", sheets)
    found: set[str] = set()
    for selectors, style in _RULE.findall(sheets):
        colour, background = (
            _colour(_value(style.lower(), "color")),
            _value(style.lower(), "background(?:-color)?"),
        )
        unseen = colour is not None and not background and _same(colour, WHITE)
        if unseen or _hides(style.lower().strip()):
            found |= {
                name.strip()
                for name in selectors.split(",")
                if re.fullmatch(r"\s*[.#]?[\w-]+\s*", name)
            }
            found |= {f".{name}" for name in re.findall(r"^\s*\w+\.([\w-]+)\s*$", selectors)}
    return frozenset(found)
