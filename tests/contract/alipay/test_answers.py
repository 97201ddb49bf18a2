"""What is cut out of an answer is the very text that was signed, whatever stands in it and around it."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idp.realname.adapters.alipay import answers
from idp.realname.adapters.alipay.answers import AnswerBroken

METHOD = "alipay.user.certify.open.query"
NAME = "alipay_user_certify_open_query_response"
SPACE = st.text(" \t\r\n", max_size=3)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["}", "{", '"', "\\", '\\"', f'"{NAME}":{{', "sign", "error_response"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=5)


@st.composite
def written(draw, value) -> str:
    """JSON text of a value with odd spaces and escapes, as another program might write it."""
    space = draw(SPACE)
    text = json.dumps(
        value,
        ensure_ascii=draw(st.booleans()),
        separators=(f"{space},", f":{space}"),
        indent=draw(st.sampled_from([None, 1])),
    )
    return text.replace("/", "\\/") if draw(st.booleans()) else text


@st.composite
def texts(draw) -> str:
    return draw(written(draw(OBJECTS)))


@given(inner=texts(), other=texts(), space=SPACE, order=st.permutations(["inner", "other", "sign"]))
@example(inner='{"a":"}\\"\\\\{"}', other="{}", space="", order=["inner", "other", "sign"])
@example(inner="{}", other=f'{{"{NAME}":{{"passed":"T"}}}}', space=" ", order=["other", "inner", "sign"])
def test_the_text_comes_out_as_it_went_in(inner, other, space, order):
    members = {"inner": f'"{NAME}"{space}:{space}{inner}', "other": f'"note":{other}', "sign": '"sign":"c2ln"'}
    body = ("{" + space + f"{space},".join(members[each] for each in order) + "}" + space).encode()

    answer = answers.read(body, METHOD)
    assert answer.signed == inner.strip().encode()
    assert answer.value == json.loads(inner)
    assert answer.signature == "c2ln"


@given(cut=st.integers(min_value=0, max_value=70), inner=texts())
def test_half_an_answer_is_broken(cut, inner):
    whole = f'{{"{NAME}":{inner},"sign":"c2ln"}}'.encode()
    kept = min(cut, len(whole) - 1)

    with pytest.raises(AnswerBroken):
        answers.read(whole[:kept], METHOD)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused(body):
    try:
        answers.read(body, METHOD)
    except AnswerBroken:
        return


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{}",
        '"text"',
        '{"sign":"x"}',
        f'{{"{NAME}":{{}}}} {{}}',
        f'{{"{NAME}":{{}},"{NAME}":{{}}}}',
        f'{{"{NAME}":{{"passed":"F","passed":"T"}}}}',
        f'{{"{NAME}":{{"a":{{"b":1,"b":2}}}}}}',
        f'{{"{NAME}":{{}},"error_response":{{}}}}',
        f'{{"{NAME}":{{}},"sign":"a","sign":"b"}}',
        f'{{"{NAME}":{{}},"sign":1}}',
        f'{{"{NAME}":{{}},"alipay_cert_sn":{{}}}}',
        f'{{"{NAME}":[]}}',
        f'{{"{NAME}":1}}',
        f'{{"{NAME}":{{"a":NaN}}}}',
        f'{{"{NAME}":{{}},}}',
        f"{{'{NAME}':{{}}}}",
        '{"alipay_user_info_share_response":{}}',
        "\ufeff{}",
        "[" * 100_000,
        f'{{"{NAME}":' + '{"a":' * 100_000,
    ],
)
def test_what_could_be_read_in_two_ways_is_broken(body):
    with pytest.raises(AnswerBroken):
        answers.read(body.encode(), METHOD)


def test_other_encodings_are_broken():
    with pytest.raises(AnswerBroken):
        answers.read(f'{{"{NAME}":{{"msg":"成功"}}}}'.encode("gbk"), METHOD)


def test_numbers_of_any_size_are_refused_not_fatal():
    with pytest.raises(AnswerBroken):
        answers.read(f'{{"{NAME}":{{"a":{"9" * 10_000}}}}}'.encode(), METHOD)


def test_encrypted_content_is_covered_with_its_quotes():
    answer = answers.read(f'{{"{NAME}":"5nIFKwTThD46JymYc6QiKg==","sign":"c2ln"}}'.encode(), METHOD)

    assert answer.signed == b'"5nIFKwTThD46JymYc6QiKg=="'
    assert answer.value == "5nIFKwTThD46JymYc6QiKg=="


@pytest.mark.parametrize("text", ["", "[]", "x", '{"a":1,"a":2}', "[" * 100_000])
def test_what_was_decrypted_is_held_to_the_same(text):
    with pytest.raises(AnswerBroken):
        answers.read_object(text)
