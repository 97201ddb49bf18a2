"""A process for tests to kill: counts the trail in small steps, for ever."""

import sys

from idp import models
from idp.statistics.rollup import RollUp
from tests.contract.durable import durable

assert models.ALL  # every table is known


def main(url: str) -> None:
    with durable(url, has_tables=True) as house:
        counting = RollUp(house.database, batch=7)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            counting.run()


if __name__ == "__main__":
    main(sys.argv[1])
