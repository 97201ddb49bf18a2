"""A plausible credit record, derived from the subject alone: the same person sees the same record, nobody's is real."""

import hashlib
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_LICENCES = (
    ("机动车驾驶证", "公安部门", "长期"),
    ("会计专业技术资格", "财政部门", "长期"),
    ("护士执业证书", "卫生健康部门", "2029-06-30"),
    ("教师资格证书", "教育部门", "长期"),
    ("特种作业操作证", "应急管理部门", "2028-03-31"),
)
_PRAISE = (
    ("无偿献血表彰", "2024-06-14"),
    ("注册志愿者服务满 100 小时", "2025-12-05"),
    ("纳税信用良好", "2025-04-01"),
    ("见义勇为鼓励奖", "2023-09-20"),
)
_PROMISES = (
    ("证明事项告知承诺：居住情况", "2025-08-11", "已履行"),
    ("容缺受理承诺：补交证明材料", "2025-03-18", "已履行"),
    ("告知承诺制办理：个体工商户登记", "2024-11-02", "已履行"),
)


@dataclass(frozen=True, slots=True)
class Record:
    number: str
    licences: tuple[tuple[str, str, str], ...]
    praise: tuple[tuple[str, str], ...]
    promises: tuple[tuple[str, str, str], ...]


def record_of(subject: str) -> Record:
    seed = hashlib.sha256(subject.encode()).digest()
    return Record(
        number=f"YS{int.from_bytes(seed[:5], 'big') % 10**12:012d}",
        licences=_some(_LICENCES, seed[5], 1 + seed[6] % 3),
        praise=_some(_PRAISE, seed[7], seed[8] % 3),
        promises=_some(_PROMISES, seed[9], 1 + seed[10] % 2),
    )


def _some(of: tuple[T, ...], start: int, count: int) -> tuple[T, ...]:
    return tuple(of[(start + index) % len(of)] for index in range(count))
