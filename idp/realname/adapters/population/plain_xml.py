"""XML from outside, read as plain data: elements, attributes, text. DTDs, entities and instructions are refused."""

from dataclasses import dataclass, field
from xml.parsers import expat

_DEEPEST = 32
_MOST_ELEMENTS = 2000


class XmlBroken(ValueError):
    """Not well-formed, or more than plain data."""


@dataclass(slots=True)
class Element:
    name: str
    namespace: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def child(self, name: str) -> "Element | None":
        """The one child of that name; None when there is none or more than one."""
        found = [child for child in self.children if child.name == name]
        return found[0] if len(found) == 1 else None


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        element = Element(local, namespace, attributes)
        self._count += 1
        if len(self._open) >= _DEEPEST or self._count > _MOST_ELEMENTS:
            raise XmlBroken("too large")
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def characters(self, text: str) -> None:
        self._open[-1].text += text


def _refuse(*_: object) -> None:
    raise XmlBroken("only plain elements are accepted")


def read(document: bytes | str) -> Element:
    """The root element of a document in UTF-8."""
    builder = _Builder()
    parser = expat.ParserCreate("UTF-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ProcessingInstructionHandler = _refuse
    try:
        parser.Parse(document.encode() if isinstance(document, str) else document, True)
    except (expat.ExpatError, UnicodeError) as broken:
        raise XmlBroken("not well-formed") from broken
    if builder.root is None:
        raise XmlBroken("empty")
    return builder.root
