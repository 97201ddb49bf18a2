"""What a comparison of faces comes to: no face is looked at; a comment in the JPEG may say which answer is wanted.

A picture whose JPEG comment reads `sandbox: 02` is answered with 02; every other sound picture is the person's own.
"""

import re

SAME, DIFFERENT, UNSURE, NO_IDENTITY, NO_PHOTO, POOR, NOBODY = "01", "02", "03", "05", "06", "07", "08"
SIMILARITY = {SAME: "92.5", DIFFERENT: "21.0", UNSURE: "52.3"}

_COMMENT = re.compile(rb"\xff\xfe..sandbox: ([0-9]{2})", re.DOTALL)
_LEAST, _MOST = 10 * 1024, 40 * 1024


def code_of(photo: bytes) -> str:
    """The comparison code for a picture of somebody who has one on file."""
    if not photo.startswith(b"\xff\xd8\xff") or not photo.endswith(b"\xff\xd9") or not _LEAST <= len(photo) <= _MOST:
        return POOR
    wanted = _COMMENT.search(photo)
    return wanted[1].decode("ascii") if wanted else SAME
