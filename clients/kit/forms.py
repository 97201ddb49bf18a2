"""Forms that only this session can send: a token made for the session and checked on the way in (CSRF)."""

import hmac

from flask import current_app, request
from itsdangerous import URLSafeSerializer

from clients.kit.context import visitor


def form_token() -> str:
    session = visitor()
    return (
        str(URLSafeSerializer(current_app.config["SECRET_KEY"], salt="form").dumps(session.id_digest))
        if session
        else ""
    )


def check_form() -> bool:
    """Whether the form was made for the session that sends it."""
    sent = request.form.get("csrf_token", "")
    return visitor() is not None and hmac.compare_digest(sent.encode(), form_token().encode())
