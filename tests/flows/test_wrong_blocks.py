"""A wrong block stops the boot and names source and member, as whoever runs `python -m idp check` reads it."""

import base64
import os
import subprocess
import sys

import pytest

BLOCK = {
    "endpoint": '"http://127.0.0.1:1"',
    "app_id": '"gw-app-001"',
    "app_key": '"key"',
    "soap_user": '"user"',
    "soap_password": '"password"',
    "department_code": '"370000"',
    "department_name": '"中心"',
    "person_number": '"370199198503070025"',
    "person_name": '"测试乙"',
}


def check(folder, text: str) -> subprocess.CompletedProcess[str]:
    path = folder / "sources.toml"
    path.write_text(text, encoding="utf-8")
    settings = {
        "IDP_ISSUER": "http://localhost:18100",
        "IDP_DATABASE_URL": f"sqlite:///{folder / 'idp.sqlite3'}",
        "IDP_MASTER_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("="),
        "IDP_SANDBOX": "true",
        "IDP_SOURCES_FILE": str(path),
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")} | settings
    return subprocess.run(
        [sys.executable, "-m", "idp", "check"], env=environment, capture_output=True, text=True, timeout=60
    )


def block(**changed: str | None) -> str:
    members = {name: value for name, value in (BLOCK | changed).items() if value is not None}
    return "[population]\n" + "".join(f"{name} = {value}\n" for name, value in members.items())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (block(app_key=None), "source [population] app_key: is required"),
        (block(app_key='""'), "source [population]: app_key: is not set"),
        (block(app_kye='"x"'), "source [population] app_kye: no such member"),
        (block(endpoint="17"), "source [population] endpoint: must be of type str"),
        (block(endpoint='"gateway"'), "source [population]: endpoint: must be http"),
        (block(channel='"pigeon"'), "source [population]: channel: is one of provincial, national"),
        (block(channel='"md5"', envelope='"json"'), "source [population]: allow_weak_signatures: MD5"),
        (block(channel='"national"'), "source [population]: service: is required over national"),
        (block(photo_service='"/photo"'), "source [population]: photo_operation: is required"),
        (block(app_key=None, app_key_file='"nowhere"'), "source [population] app_key_file: cannot read nowhere"),
        (block(adapter='"carrier"'), "source [population] adapter: there is no adapter carrier"),
        (block() + block(), "IDP_SOURCES_FILE: cannot read"),
        ("endpoint = 1\n", "IDP_SOURCES_FILE: endpoint stands outside of any [source]"),
    ],
)
def test_a_wrong_block_is_named(tmp_path, text, named):
    said = check(tmp_path, text)

    assert said.returncode != 0
    assert named in said.stderr
    assert "Traceback" not in said.stderr


def test_a_right_block_is_not_complained_of(tmp_path):
    assert "[population]" not in check(tmp_path, block()).stderr
