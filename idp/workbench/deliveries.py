"""What was sent to a site without its asking: logout tokens, how each delivery stands, and sending one again."""

import flask
from flask.typing import ResponseReturnValue

from idp.audit.trail import Actor
from idp.edge.services import services
from idp.sites import deliveries
from idp.workbench import workbench
from idp.workbench.texts import word
from idp.workbench.workbench import bp

workbench.tab("workbench.delivery_log", word("投递记录"))
STATES = {
    "waiting": ("warn", word("等待投递")),
    "delivered": ("good", word("已送达")),
    "dead": ("bad", word("未能送达")),
}
KINDS = {"backchannel_logout": word("退出通知")}
REASONS = {
    "timeout": word("超时"), "refused": word("连接被拒绝"), "tls": word("证书不受信任"),
    "forbidden_address": word("这个地址不允许访问"), "no_backchannel_uri": word("没有登记退出通知地址"),
    "expired": word("超过了时间"),
}  # fmt: skip


@bp.get("/sites/<client_id>/deliveries")
def delivery_log(client_id: str) -> ResponseReturnValue:
    site, everything = workbench.mine(client_id), services()
    with everything.database.view() as db:
        found = deliveries.listing(db, client_id, after=flask.request.args.get("after", ""))
    return workbench.site_page(
        "deliveries.html", site, rows=found.rows, next=found.next, states=STATES, kinds=KINDS, reasons=REASONS
    )


@bp.post("/sites/<client_id>/deliveries/<message_id>")
def send_again(client_id: str, message_id: str) -> ResponseReturnValue:
    workbench.mine(client_id)
    everything = services()
    with everything.database.transaction() as db:
        deliveries.send_again(
            db, everything.outbox, everything.trail, client_id, message_id,
            actor=Actor("citizen", workbench.live().account_id),
        )  # fmt: skip
    everything.worker.wake()
    return flask.redirect(flask.url_for("workbench.delivery_log", client_id=client_id), 303)
