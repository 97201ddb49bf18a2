"""What the demo writes for both ends of the Alipay agreement fits together."""

from dataclasses import replace

from demo.credentials import alipay
from demo.credentials.place import Place
from idp.realname.adapters.alipay import Options
from idp.realname.blocks import Block
from idp.realname.ports import ExternalIdentity, Scene, Surface, Verified
from tests.contract.alipay.asking import DESK, PERSON, Phone, RecordingHttp, progress, soon, source_of
from tests.sandbox.served import ServedSandbox

ISSUER = "http://localhost:8000"


def test_the_demo_scans_a_face_and_signs_somebody_in(tmp_path):
    contract = alipay.contract(Place(ISSUER, "http://sandbox.localhost", tmp_path))
    with ServedSandbox(tmp_path / "sandbox", parts=contract.sandbox) as sandbox:
        options = Block("alipay", "alipay", contract.centre["alipay"], tmp_path).read(Options)
        here = replace(
            options,
            gateway_url=options.gateway_url.replace("http://sandbox.localhost", sandbox.url),
            authorize_url=options.authorize_url.replace("http://sandbox.localhost", sandbox.url),
        )
        source = source_of(here, RecordingHttp())
        phone = Phone(sandbox)
        started = source.challenge.start(PERSON, DESK, soon())
        phone.scan(started, "match")
        assert isinstance(source.challenge.poll(PERSON, progress(started), soon()), Verified)

        back = Scene(Surface.DESK, f"{ISSUER}/sign-in/with/alipay/return")
        arrived = source.sign_in.finish(phone.agree(source.sign_in.begin("s", back).url), "", back, soon())
        assert isinstance(arrived, ExternalIdentity)
        assert arrived.shown == "测**"
