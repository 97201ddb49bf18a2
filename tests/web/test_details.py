"""My details: written, changed and cleared part by part, checked in words, and never over what was confirmed."""

from __future__ import annotations

import pytest


@pytest.fixture
def signed_in(centre):
    _, phone = centre.person(username=None)
    visitor = centre.visitor()
    visitor.sign_in(phone)
    return visitor


def test_a_part_is_written_changed_and_cleared(signed_in):
    page = signed_in.get("/account/details")
    assert page.text.count("未填写") == 7
    signed_in.get("/account/details/nickname")
    page = signed_in.submit(nickname=" 小甲 ", nickname_en="Jay")
    assert page.path == "/account/details?done=saved"
    assert "已保存" in page.text
    assert "小甲" in page.text

    page = signed_in.get("/account/details/nickname")
    assert 'value="小甲"' in page.html
    page = signed_in.submit(nickname="甲甲", nickname_en="")
    assert "甲甲" in page.text
    assert "Jay" not in page.text
    signed_in.get("/account/details/nickname")
    page = signed_in.submit("clear")
    assert page.path == "/account/details?done=cleared"
    assert "甲甲" not in page.text
    assert "资料已更改" in signed_in.get("/account/activity").text


def test_an_address_is_one_thing_of_many_parts(signed_in):
    signed_in.get("/account/details/address")
    page = signed_in.submit(
        region="山东省", locality="济南市", street_address="样例路 1 号", postal_code="２５０００１"
    )
    assert "山东省济南市样例路 1 号" in page.text
    assert "250001" in page.text
    signed_in.get("/account/details/address")
    page = signed_in.submit(postal_code="<25>")
    assert page.status == 400
    assert 'id="postal_code-error"' in page.html
    assert 'value="&lt;25&gt;"' in page.html
    assert 'value="样例路 1 号"' in page.html


@pytest.mark.parametrize(
    ("part", "field", "text", "said"),
    [
        ("email", "email", "jia@", "请输入完整的邮箱地址"),
        ("web", "website", "javascript:alert(1)", "https://"),
        ("web", "picture", "http://example.org/a.png", "https://"),
        ("nickname", "nickname", "a\u202eb", "看不见"),
        ("nickname", "nickname", "x" * 33, "太长"),
        ("english-name", "family_name_en", "甲", "拉丁字母"),
        ("name", "given_name", "<b>", "姓名用字"),
    ],
)
def test_what_cannot_stand_is_said_at_its_field_and_not_kept(signed_in, part, field, text, said):
    signed_in.get(f"/account/details/{part}")

    page = signed_in.submit(**{field: text})

    assert page.status == 400
    assert f'id="{field}-error"' in page.html
    assert said in page.text
    assert signed_in.get("/account/details").text.count("未填写") == 7


def test_an_email_is_said_to_be_unconfirmed(signed_in):
    signed_in.get("/account/details/email")
    assert "没有验证过" in signed_in.submit(email="jia@example.com").text


def test_a_confirmed_name_is_not_written_over(centre, signed_in):
    signed_in.get("/account/details/name")
    assert "李四" in signed_in.submit(family_name="李", given_name="四").text
    signed_in.get("/verify-identity")
    signed_in.submit(name="测试庚", resident_id="370199198503070017")
    page = signed_in.get("/account/details")
    assert "测**" in page.text
    assert "李四" not in page.text
    assert signed_in.get("/account/details/name").path == "/account/details"


def test_nobody_else_gets_in(centre, signed_in):
    assert centre.visitor().get("/account/details").path.startswith("/sign-in")
    assert centre.visitor().get("/account/details/email").path.startswith("/sign-in")
    assert signed_in.get("/account/details/shoes").status == 404
    assert signed_in.post("/account/details/email", {"email": "x@example.com", "action": "continue"}).status == 400


@pytest.mark.parametrize("part", ["name", "nickname", "email", "address", "english-name", "english-address", "web"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_part_opens_in_both_languages(centre, part, language):
    _, phone = centre.person(username=None)
    visitor = centre.visitor(**{"Accept-Language": language})
    visitor.sign_in(phone)
    page = visitor.get(f"/account/details/{part}")
    assert page.status == 200
    assert f'<html lang="{"en" if language == "en" else "zh-CN"}"' in page.html
