"""A worker process for tests to kill: delivers over real HTTP to the address in each payload."""

import sys
import threading
from datetime import timedelta

import orjson

from idp.core.deadline import Deadline
from idp.core.http import HttpClient
from idp.outbox.outbox import Delivered, Message, Retry
from idp.outbox.worker import Outcome, Pace, Worker
from tests.contract.durable import durable


def main(url: str) -> None:
    client = HttpClient()

    def deliver(message: Message, deadline: Deadline) -> Outcome:
        body = orjson.dumps({"id": message.id, "tries": message.tries})
        answer = client.request("POST", message.payload["to"], headers={}, body=body, deadline=deadline)
        return Delivered() if answer.status == 200 else Retry(f"status_{answer.status}")

    pace = Pace(lease=timedelta(seconds=2), deadline=timedelta(seconds=30), first_delay=timedelta(milliseconds=100))
    with durable(url, has_tables=True) as house:
        worker = Worker(house.database, house.outbox, {"notice": deliver}, trail=house.trail, pace=pace)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        worker.run(threading.Event())


if __name__ == "__main__":
    main(sys.argv[1])
