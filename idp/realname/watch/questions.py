"""What a test call asks of a source: about people and organisations that do not exist, and codes that nobody was given."""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from idp.core import ids
from idp.core.deadline import Deadline
from idp.realname import applicants
from idp.realname.ports import Applicant, Begun, OrganisationRegister, Scene, SignIn, Source, Surface
from idp.realname.watch.offers import ORGANISATIONS, sample

NAME: Final = "测试甲"
NUMBER: Final = "370199198503070017"
"""A person whose county code is assigned to nobody."""
_GREY: Final = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////////////////"
    "////////wAALCACgAHgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/9k="
)
_PADDING: Final = 12_000
_PICTURE: Final = _GREY[:2] + b"\xff\xfe" + (_PADDING + 2).to_bytes(2) + bytes(_PADDING) + _GREY[2:]
"""A grey field of 120 by 160 points with a long comment, as large as what registers take: nobody's face."""
_KIND: Final = frozenset({"website", "official", "mini"})


@dataclass(frozen=True, slots=True)
class Question:
    """`asked` names the port, and after a colon which of several."""

    asked: str
    ask: Callable[[Deadline], object]


def of(source: Source, issuer: str) -> Iterator[Question]:
    """One question for everything that the source is configured for."""
    person, scene = applicants.read(NAME, NUMBER), scene_of(source, issuer)
    if (check := source.check) is not None:
        yield Question("check", lambda deadline: check.verify(person, deadline))
    if (photo := source.photo) is not None:
        yield Question("photo", lambda deadline: photo.compare(person, _PICTURE, deadline))
    if (challenge := source.challenge) is not None:  # what nobody goes on with ends by itself
        yield Question("challenge", lambda deadline: challenge.start(person, scene, deadline))
    if source.sign_in is not None:
        yield from _signing_in(source.sign_in, source, issuer)
    if source.register is not None:
        yield from _looking_up(source.register, person)
    if (licence := source.licence) is not None:
        yield Question("licence", lambda deadline: licence.start(scene, deadline))


def scene_of(source: Source, issuer: str, surface: Surface = Surface.DESK) -> Scene:
    """Where somebody would be sent back to who was sent to this source."""
    return Scene(
        surface,
        f"{issuer}/verify-identity/returned/{source.name}",
        f"{issuer}/verify-identity/attempts/{ids.digest('test call')}/app",
    )


def _signing_in(sign_in: SignIn, source: Source, issuer: str) -> Iterator[Question]:
    """A code that was never given: whoever knows us and our secret says that it is worth nothing."""
    done: set[str] = set()
    for surface in (Surface.DESK, Surface.IN_WECHAT):
        if not sign_in.suits(surface):
            continue
        scene = Scene(surface, f"{issuer}/sign-in/with/{source.name}/return")
        begun = sign_in.begin(ids.new_id(), scene)
        kind = begun.keep if isinstance(begun, Begun) and begun.keep in _KIND else ""
        if kind in done:
            continue
        done.add(kind)

        def ask(deadline: Deadline, begun: Begun | object = begun, scene: Scene = scene) -> object:
            return sign_in.finish(_brought_back(source), begun.keep, scene, deadline) if isinstance(
                begun, Begun
            ) else begun  # fmt: skip

        yield Question(f"sign_in:{kind}" if kind else "sign_in", ask)


def _brought_back(source: Source) -> Mapping[str, str]:
    """What a browser would bring back, by the names that any of them uses."""
    code = ids.new_id()
    members = source.configured.members if source.configured is not None else {}
    issuer = next((address for address, member in members.items() if member == "issuer"), "")
    return {"code": code, "auth_code": code, "js_code": code} | ({"iss": issuer} if issuer else {})


def _looking_up(register: OrganisationRegister, person: Applicant) -> Iterator[Question]:
    uscc = next((sample(each) for each in ORGANISATIONS if register.serves(sample(each))), None)
    if uscc is None:
        return
    yield Question("register:look_up", lambda deadline: register.look_up(uscc, deadline))
    yield Question(
        "register:verify",
        lambda deadline: register.verify(
            name="测试企业", uscc=uscc, legal_representative=person.name, resident_id=person.resident_id,
            deadline=deadline,
        ),
    )  # fmt: skip
