"""The reading rules: a proof needs every sign to agree, a refusal needs the registry to have said so."""

from typing import Final

from idp.realname.adapters.population.messages import Answer, Record
from idp.realname.ports import Applicant, Outcome, Refutation, Refuted, Unavailable, Verified

ATTESTED: Final = frozenset({"name", "resident_id"})
_NOT_IN_LIBRARY = "02"
_NOT_IN_LIBRARY_TEXT = "库中无此号"
_AGREES = "1"
_SAME_PERSON = "01"
_COMPARED = {
    "02": Refutation.FACE_MISMATCH,
    "03": Refutation.AMBIGUOUS,  # cannot tell
    "05": Refutation.MISMATCH,  # the identity check failed
    "06": Refutation.NO_PHOTO,
    "07": Refutation.PICTURE_UNUSABLE,
    "08": Refutation.NOT_FOUND,
}


def judge(answer: Answer, applicant: Applicant, *, request_number: str) -> Outcome:
    """What an identity check comes to."""
    record = _record_of(answer, request_number)
    return record if isinstance(record, Unavailable) else _judge_record(record, applicant, request_number)


def judge_comparison(answer: Answer, applicant: Applicant, *, request_number: str) -> Outcome:
    """What a photo comparison comes to: the registry's code decides, never a similarity and a threshold of ours."""
    record = _record_of(answer, request_number)
    if isinstance(record, Unavailable):
        return record
    if record.photo_code in _COMPARED:
        if record.code or record.message or record.number not in {"", applicant.resident_id}:
            return Unavailable("ambiguous", request_number)
        return Refuted(_COMPARED[record.photo_code], request_number)
    identity = _judge_record(record, applicant, request_number)
    if record.photo_code == _SAME_PERSON or not isinstance(identity, Verified):
        return identity
    return Unavailable(f"photo_code:{record.photo_code}", request_number)


def _record_of(answer: Answer, request_number: str) -> Record | Unavailable:
    if answer.request_number is not None and answer.request_number != request_number:
        return Unavailable("request_number_differs", request_number)
    if answer.code not in answer.good_codes:
        return Unavailable(f"package_code:{answer.code}", request_number)
    return answer.record if answer.record is not None else Unavailable("no_record", request_number)


def _judge_record(record: Record, applicant: Applicant, request_number: str) -> Outcome:
    if record.code == _NOT_IN_LIBRARY or (not record.code and record.message == _NOT_IN_LIBRARY_TEXT):
        return Refuted(Refutation.NOT_FOUND, request_number)
    if record.code or record.message:
        return Unavailable(f"record_code:{record.code}", request_number)
    if not record.number_code or not record.name_code:
        return Unavailable("no_match_code", request_number)  # silence is no refusal
    if record.number_code != _AGREES:
        return Refuted(Refutation.NOT_FOUND, request_number)
    if record.number != applicant.resident_id:
        return Unavailable("number_differs", request_number)
    if record.name_code != _AGREES:
        return Refuted(Refutation.MISMATCH, request_number)
    match record.cancelled:
        case "0":
            return Verified(ATTESTED, request_number)
        case "1":
            return Refuted(Refutation.DECEASED, request_number)
        case _:
            return Unavailable("no_standing", request_number)
