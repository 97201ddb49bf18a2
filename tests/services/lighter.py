"""What is costly on purpose, or once in a process's life, made light for a process that does it thousands of times."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import argon2
import flask
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from idp.core import passwords
from idp.web import i18n

PRODUCTION_HASHER, PRODUCTION_FORM = passwords._hasher, passwords._OURS  # for the test that looks at them


class CompiledTemplates(BytecodeCache):
    """The templates that any application of this process has compiled; another text or another syntax is another entry."""

    def __init__(self) -> None:
        self._codes: dict[str, Any] = {}

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        syntax = (environment.trim_blocks, environment.lstrip_blocks, sorted(environment.extensions))
        bucket = Bucket(environment, f"{filename}|{name}|{syntax}", self.get_source_checksum(source))
        self.load_bytecode(bucket)
        return bucket

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get(f"{bucket.key}|{bucket.checksum}")

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[f"{bucket.key}|{bucket.checksum}"] = bucket.code


def lighten() -> None:
    """Hash passwords with little memory; compile catalogues and templates once, and the builders of addresses when asked.

    Only this process is changed: the services that a test starts beside it are as they are in production.
    """
    passwords._hasher = argon2.PasswordHasher(time_cost=2, memory_cost=72, parallelism=1)
    passwords._OURS = "$argon2id$v=19$m=72,t=2,p=1$"
    i18n.load_catalogues = cache(i18n.load_catalogues)
    flask.Flask.jinja_options = {"bytecode_cache": CompiledTemplates()}
    Rule._compile_builder = _compiled_when_asked(Rule._compile_builder)


def _compiled_when_asked(compiler: Callable[..., Callable[..., Any]]) -> Callable[..., Callable[..., Any]]:
    """An application compiles two builders of an address a route, and most applications of tests build few addresses."""

    def put_off(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        made: list[Callable[..., Any]] = []

        def build(*args: Any, **values: Any) -> Any:
            if not made:
                made.append(compiler(rule, append_unknown))
            return made[0](*args, **values)

        return build

    return put_off
