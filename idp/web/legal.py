"""What the texts that people agree to are called."""

from __future__ import annotations

from flask_babel import gettext as _

from idp.policies import built_in


def title_of(document: str) -> str:
    titles = {
        built_in.PRIVACY_NOTICE: _("隐私政策"),
        built_in.USER_AGREEMENT: _("用户协议"),
        built_in.FACE_CONSENT: _("人脸核验单独同意"),
    }
    return str(titles[document])
