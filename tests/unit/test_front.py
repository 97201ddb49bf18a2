"""What docker compose gives to the proxy and to the service is there, and readable to them."""

import re
import shutil
import stat
import subprocess

import pytest

from idp.admin import imports, policies
from idp.admin.api import room
from idp.web import face
from tests.architecture.source import ROOT

NGINX = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
ISSUER = (ROOT / "deploy" / "issuer.conf.template").read_text(encoding="utf-8")
WHOLE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE = WHOLE.partition("\n  nginx:\n")[2].partition("\n\n")[0]


def test_plain_http_is_sent_to_the_issuer_and_never_to_a_name_of_the_requests() -> None:
    """Any Host could be asked for, and the port that is published is not always 443."""
    targets = re.findall(r"return 30\d ([^;]+);", NGINX)

    assert targets == ["$issuer$request_uri"]
    assert re.findall(r'map "" \$issuer \{ default "(.*)"; \}', ISSUER) == ["${IDP_ISSUER}"]


def test_compose_mounts_and_fills_in_all_that_the_configuration_includes() -> None:
    included = set(re.findall(r"include (/etc/nginx/\S+);", NGINX)) - {"/etc/nginx/mime.types"}
    mounted = set(re.findall(r"- \./deploy/\S+?:(/etc/nginx/\S+):ro", COMPOSE))
    made = {
        path.replace("/templates/", "/conf.d/").removesuffix(".template") for path in mounted if "/templates/" in path
    }

    assert included <= mounted | made
    assert '"/etc/nginx/conf.d:' in COMPOSE  # where the image puts what it makes of templates; the rest is read-only
    assert "IDP_ISSUER: ${IDP_ISSUER:-https://id.localhost:8443}" in COMPOSE


def test_the_proxy_lets_through_whatever_the_service_takes() -> None:
    form, multipart, text = "application/x-www-form-urlencoded", "multipart/form-data", "text/csv"
    units = {"k": 1024, "m": 1024 * 1024}
    places = re.findall(r"location (=?) ?(/\S*) \{\s+client_max_body_size (\d+)([km]);", NGINX)
    limits = {path: int(size) * units[unit] for _, path, size, unit in places}
    bodies = {
        "/verify-identity": face.longest_body("POST", "/verify-identity", multipart),
        "/account/reviews": face.longest_body("POST", "/account/reviews/new", multipart),
        "/admin/imports": imports.LONGEST_FORM,
        "/admin/api/v1/imports": room.longest_body("POST", "/admin/api/v1/imports"),
        "/admin/policies/": policies.longest_body("POST", "/admin/policies/privacy", form),
    }
    assert limits.keys() == bodies.keys()
    assert [path for path, longest in bodies.items() if longest is None or longest > limits[path]] == []
    assert face.longest_body("POST", "/elsewhere", text) is None


def test_every_setting_of_the_demo_is_passed_on() -> None:
    given = (ROOT / "deploy" / "demo.env").read_text(encoding="utf-8")
    names = re.findall(r"^([A-Z_]+)=", given, flags=re.MULTILINE)

    assert "IDP_SOURCES_FILE" in names
    assert [name for name in names if f"${{{name}:-" not in WHOLE] == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the secrets")
def test_what_is_mounted_is_made_and_closed_to_others_around_it(tmp_path) -> None:
    """Containers run as another user: what they read is open to all, and the folder around it to nobody else."""
    made = tmp_path / "deploy"
    made.mkdir()
    shutil.copy(ROOT / "deploy" / "make-secrets", made / "make-secrets")
    for _ in range(2):
        subprocess.run([made / "make-secrets"], check=True, capture_output=True)
        (made / "secrets" / "sources" / "sources.toml").touch(mode=0o600)
    subprocess.run([made / "make-secrets"], check=True, capture_output=True)

    mounted = {path for path in re.findall(r"\./(deploy/\S+?):/", WHOLE) if not (ROOT / path).exists()}
    secrets = set(re.findall(r"\{file: (deploy/\S+)\}", WHOLE))
    assert [path for path in sorted(mounted | secrets) if not (tmp_path / path).exists()] == []
    closed = [stat.S_IMODE((made / name).stat().st_mode) for name in ("secrets", "tls")]
    inside = [path for name in ("secrets", "tls") for path in (made / name).rglob("*")]
    assert closed == [0o700, 0o700]
    assert [path for path in inside if not path.stat().st_mode & stat.S_IROTH] == []
