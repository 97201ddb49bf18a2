"""What the demo's citizens wrote about themselves: synthetic, at example domains and in streets where nobody lives."""

from collections.abc import Mapping
from typing import Any, Final

from idp.accounts import details
from idp.edge.services import Services

_SOUNDS: Final = (
    "甲=Jia 乙=Yi 丙=Bing 丁=Ding 戊=Wu 己=Ji 庚=Geng 辛=Xin 壬=Ren 癸=Gui 子=Zi 丑=Chou 寅=Yin 卯=Mao 辰=Chen 巳=Si"
    " 午=Wu 未=Wei 申=Shen 酉=You 戌=Xu 亥=Hai 一=Yi 二=Er 三=San 四=Si 五=Wu 六=Liu 七=Qi 八=Ba 九=Jiu 十=Shi 测=Ce 试=Shi"
    " 样=Yang 例=Li 阿依=Ayi 古丽=Guli 买买提=Maimaiti 测试=Ceshi 样例=Yangli"
)
_STEMS: Final = dict(pair.split("=") for pair in _SOUNDS.split())
_CITIES: Final = (
    ("济南市历下区", "Jinan"),
    ("青岛市市南区", "Qingdao"),
    ("烟台市芝罘区", "Yantai"),
    ("潍坊市奎文区", "Weifang"),
)


def ensure(services: Services, account_id: str, person: Mapping[str, Any]) -> None:
    """Write them for somebody who wrote nothing yet; what the person changed stays."""
    with services.database.transaction() as db:
        if details.read(db, services.keyring, account_id) is None:
            details.change(db, services.keyring, services.trail, account_id, of(person), channel="demo")


def of(person: Mapping[str, Any]) -> dict[str, Any]:
    """The details of one person on file, the same each time."""
    number = int(person["username"].removeprefix("demo"))
    family, given = _in_english(person["name"])
    city, city_in_english = _CITIES[number % len(_CITIES)]
    house = 100 + number
    return {
        "nickname": f"小{person['name'][-1]}",
        "nickname#en": given,
        "email": f"{person['username']}@mail.example.com",
        "website": f"https://{person['username']}.example.org/",
        "profile": f"https://people.example.org/{person['username']}",
        "picture": f"https://people.example.org/{person['username']}/portrait.png",
        "family_name#en": family,
        "given_name#en": given,
        "address": {
            "country": "中国", "region": "山东省", "locality": city,
            "street_address": f"样例路 {house} 号", "postal_code": f"25{number:04d}",
        },
        "address#en": {
            "street_address": f"{house} Sample Road", "locality": city_in_english, "region": "Shandong",
            "postal_code": f"25{number:04d}", "country": "China",
        },
    }  # fmt: skip


def _in_english(name: str) -> tuple[str, str]:
    """Family name and given name in Latin letters: 测试甲 is Ce, Shijia; of a name in parts the last is the family's."""
    first, dot, last = name.partition("·")
    if dot:
        return _STEMS[last], _STEMS[first]
    return _STEMS[name[0]], "".join(_STEMS[letter] for letter in name[1:]).capitalize()
