"""A picture of the face in a form: read once, handed on, kept nowhere."""

from __future__ import annotations

from typing import Final

import flask
from flask_babel import gettext as _

from idp.web.forms import ProofForm

LONGEST: Final = 40 * 1024
"""What the registers take; a script makes pictures of phones as small, without one they are chosen smaller."""
LONGEST_FORM: Final = 8 * 1024 * 1024
"""Without a script phones send what they took: such a form is read to answer with a sentence, and thrown away."""
_JPEG: Final = b"\xff\xd8\xff"


def given(form: ProofForm) -> bytes | None:
    """The JPEG of the form; None, with a sentence in the form, when there is none that can be used."""
    upload = flask.request.files.get("photo")
    if upload is None:
        return None
    picture = upload.stream.read(LONGEST + 1)
    if not picture:
        form.photo.errors = [_("请拍一张照片，或选择一张刚拍的照片。")]
    elif len(picture) > LONGEST:
        form.photo.errors = [_("照片太大，请选择不超过 40 KB 的照片，或换一种方式。")]
    elif not picture.startswith(_JPEG):
        form.photo.errors = [_("请使用 JPEG 格式的照片。")]
    else:
        return picture
    return None
