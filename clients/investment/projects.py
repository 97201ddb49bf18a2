"""The register: invented projects with the codes, stages and amounts such a platform publishes."""

from dataclasses import dataclass

STATUSES = ("审核中", "已赋码", "已批复", "已退回")


@dataclass(frozen=True, slots=True)
class Project:
    """One filed project; the amount is in ten thousand yuan (万元)."""

    code: str
    name: str
    kind: str
    region: str
    amount: int
    status: str
    updated: str

    @property
    def steps(self) -> tuple[tuple[str, bool], ...]:
        """The road of a project and how far this one has come."""
        done = {"审核中": 2, "已退回": 2, "已赋码": 3, "已批复": 4}[self.status]
        return tuple((step, index < done) for index, step in enumerate(("填报", "受理", "赋码", "批复")))


PROJECTS = (
    Project("2611-370199-04-01-100001", "样例·智能仓储分拣中心", "备案", "济南", 12800, "已赋码", "2026-11-20"),
    Project("2611-370299-04-01-100002", "样例·海水淡化二期工程", "核准", "青岛", 86500, "审核中", "2026-11-20"),
    Project("2611-370699-04-02-100003", "样例·葡萄种植示范园改造", "备案", "烟台", 3260, "已赋码", "2026-11-19"),
    Project("2611-370199-04-03-100004", "样例·老旧小区管网更新", "审批", "济南", 21400, "已批复", "2026-11-18"),
    Project("2611-371399-04-01-100005", "样例·商贸物流园冷链库", "备案", "临沂", 9750, "已退回", "2026-11-17"),
    Project("2611-370299-04-01-100006", "样例·海上风电运维基地", "核准", "青岛", 154000, "审核中", "2026-11-16"),
    Project("2610-370199-04-05-100007", "样例·零碳产业园分布式光伏", "备案", "济南", 7800, "已赋码", "2026-10-30"),
    Project("2610-370699-04-01-100008", "样例·港口智慧堆场改造", "审批", "烟台", 45200, "已批复", "2026-10-27"),
    Project("2610-371399-04-04-100009", "样例·社区养老服务中心", "审批", "临沂", 5600, "已批复", "2026-10-22"),
    Project("2610-370299-04-02-100010", "样例·精密铸造车间技术改造", "备案", "青岛", 18900, "审核中", "2026-10-20"),
)
