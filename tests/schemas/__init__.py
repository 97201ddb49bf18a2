"""The schemas that requests and answers of the tests are held to; README.md says where they come from."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

_HERE = Path(__file__).parent


def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((_HERE / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


_answer, _request = _validator("verified_claims.json"), _validator("verified_claims_request.json")


def is_answer(told: Any) -> bool:
    """Whether this is a `verified_claims` that may leave; says what is wrong where a test fails."""
    _answer.validate(told)
    return True


def is_request(asked: Any) -> bool:
    return bool(_request.is_valid(asked))
