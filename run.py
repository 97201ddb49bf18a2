#!/usr/bin/env python3
"""The one command: `python3 run.py demo` shows the whole system, `python3 run.py test` checks it. Standard library only."""

import sys

NEEDS = (3, 11)

if sys.version_info < NEEDS:  # an old interpreter must be able to read this file: no f-string, no annotation
    sys.exit(
        "This needs Python 3.11 or newer; this is Python %d.%d (%s). Install a newer one and run it with that."
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

if __name__ == "__main__":
    from launcher import command

    sys.exit(command.main(sys.argv[1:]))
