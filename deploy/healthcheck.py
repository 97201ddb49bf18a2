"""Asks the server in this container whether it is well: `healthcheck.py PORT PATH`; exit code 0 when it answers 200."""

import http.client
import os
import sys
from urllib.parse import urlsplit


def main() -> int:
    """One request under the name the server is known by, because it answers to no other."""
    port, path = int(sys.argv[1]), sys.argv[2]
    public = urlsplit(os.environ.get("IDP_ISSUER") or os.environ.get("SITE_URL") or f"http://localhost:{port}")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", path, headers={"Host": public.netloc, "Connection": "close"})
        return 0 if connection.getresponse().status == 200 else 1
    except (OSError, http.client.HTTPException):
        return 1


if __name__ == "__main__":
    sys.exit(main())
