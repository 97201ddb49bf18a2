"""What a face scan under way is remembered by: a small sealed note that every step writes anew."""

from dataclasses import asdict, dataclass, field
from typing import Self

import orjson


@dataclass(frozen=True, slots=True)
class Ticket:
    """`number` is our one-time number; `proof` is WeChat's `verify_id`, in the older interface its `user_id_key`."""

    number: str
    openid: str = field(default="", repr=False)
    proof: str = field(default="", repr=False)
    result: str = field(default="", repr=False)
    """The older interface: what the phone brought back, to be exchanged by our server."""
    is_done: bool = False
    is_cancelled: bool = False

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(**orjson.loads(text))

    def written(self) -> str:
        return orjson.dumps(asdict(self)).decode()
