"""The pages of what a human looks at, with sample contexts, for the gallery."""

from __future__ import annotations

from datetime import timedelta

from idp.reviews.errors import DocumentIsOver, PaperMissing, PaperTooLarge
from idp.reviews.filing import Filed
from idp.web import documents_shown, forms, reviews_shown
from idp.web.review_forms import DocumentReviewForm, OrganisationReviewForm, PaperForm
from tests.browser.gallery_moment import MOMENT


def _filed(kind="organisation", state="waiting", *, reason=None, remark=""):
    is_over = state not in {"waiting", "second", "returned"}
    subject = {"organisation": "91370199MA3DEM019F", "document": "prc_passport", "guardianship": "c1"}[kind]
    return Filed(
        "01a203950287729b933dc43b3b96e813", kind, subject, state, MOMENT, MOMENT, MOMENT + timedelta(days=2),
        MOMENT + timedelta(days=1) if is_over else None, reason, {}, remark,
    )  # fmt: skip


def samples(made):
    """Page name -> (template, context); `made` builds a form."""
    words = {"words": reviews_shown, "is_known": True}
    returned = _filed(
        state="returned", remark="营业执照的照片看不清统一社会信用代码，请在光线好的地方重拍一张，四个角都要拍到。"
    )

    def one(filed, **more):
        return {
            **words,
            "one": filed,
            "form": made(forms.JourneyForm),
            "complete": "/account/reviews/organisation",
            **more,
        }

    def asked(form, days, **more):
        return {**words, "form": form, "days": days, "before": None, "kinds": documents_shown.kinds(), **more}

    organisation = {"organisation_name": "山东示例科技有限公司", "uscc": "91370199MA3DEM019F"}
    document = {"name": "测试甲", "document_kind": "prc_passport", "resident_id": "E12345678"}
    return {
        "reviews": (
            "account/reviews.html",
            {
                **words,
                "filed": [
                    returned, _filed("document", "second"), _filed("guardianship", "approved"),
                    _filed("document", "refused", reason="paper_doubtful"), _filed("guardianship", "expired"),
                ],
            },
        ),
        "reviews-none": ("account/reviews.html", {**words, "filed": [], "is_known": False}),
        "review-waiting": ("account/review.html", one(_filed(), done="申请已提交。审核有结果时，会用短信告诉您。")),
        "review-returned": ("account/review.html", one(returned)),
        "review-refused": ("account/review.html", one(_filed("document", "refused", reason="belongs_to_another"))),
        "review-approved": ("account/review.html", one(_filed("document", "approved"))),
        "review-organisation": (
            "account/review_organisation.html", asked(made(OrganisationReviewForm, **organisation), 2, before=returned),
        ),
        "review-organisation-wrong": (
            "account/review_organisation.html",
            asked(made(OrganisationReviewForm, {"paper": [PaperMissing.sentence]}, **organisation), 2),
        ),
        "review-document": ("account/review_document.html", asked(made(DocumentReviewForm, **document), 2)),
        "review-document-wrong": (
            "account/review_document.html",
            asked(
                made(
                    DocumentReviewForm,
                    {"paper": [PaperTooLarge.sentence], "valid_until": [DocumentIsOver.sentence]},
                    **document,
                ),
                2,
            ),
        ),
        "review-guardianship": (
            "account/review_guardianship.html",
            asked(made(PaperForm), 3, child="测**", action="/account/reviews/guardianship/c1"),
        ),
    }  # fmt: skip
