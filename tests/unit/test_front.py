"""The proxy's configuration and what docker compose gives it belong together."""

import re

from tests.architecture.source import ROOT

NGINX = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
ISSUER = (ROOT / "deploy" / "issuer.conf.template").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8").partition("\n  nginx:\n")[2].partition("\n\n")[0]


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
