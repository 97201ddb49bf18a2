"""`python -m idp`: the commands of the service."""

from idp.cli import main

main()
