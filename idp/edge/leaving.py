"""From the end of a session to where the browser goes next, by way of the sites that must hear of it (Front-Channel Logout)."""

import flask
from flask.typing import ResponseReturnValue

from idp.edge import headers, pages
from idp.edge.services import services
from idp.oidc.logout import front_channel


def onward(
    session_id: str, to: str, *, back_name: str | None = None, another_account: bool = False
) -> ResponseReturnValue:
    """A redirect; or first the page that calls each site of the ended session in a hidden frame, and then goes on (§2).

    `back_name` is the site that waits at the end; `another_account` says that the person stays, under another account.
    """
    frames = front_channel.frames(services().provider, session_id)
    if not frames:
        return flask.redirect(to, 303)
    headers.allow_frames(*(frame.uri for frame in frames))
    return flask.render_template(
        "signing_out.html",
        frames=[frame.uri for frame in frames],
        names=[frame.client.name(pages.locale()) for frame in frames],
        onward=to,
        back_name=back_name,
        another_account=another_account,
    )
