"""The ports between the service and the authorities: what is asked of a source, and what it may answer.

A configured source (`Source`) is one authority over one road. It may offer several of these:

* `Check`: name and document compared with a register, answered at once;
* `PhotoCheck`: the same with a picture of the face;
* `Challenge`: the person does something on a phone (a face scan), which is started, asked about, and settled;
* `SignIn`: the person comes back signed in elsewhere; alone it proves an account, not a person;
* `OrganisationRegister`: whether an organisation exists, in what state, and who represents it;
* `LicenceSignIn`: somebody holds an organisation's electronic licence.

None of them retries, limits, records or decides: that is the engine's. None raises for trouble: that is `Unavailable`.
"""

from idp.realname.ports.challenges import Challenge, Conversation, Progress, Said, Scene, Started, Surface
from idp.realname.ports.checks import Check, PhotoCheck
from idp.realname.ports.organisations import (
    LEGAL_REPRESENTATIVE_NUMBER,
    Found,
    LicenceHolder,
    LicenceRole,
    LicenceSignIn,
    OrganisationRecord,
    OrganisationRegister,
    OrganisationState,
)
from idp.realname.ports.outcomes import (
    Applicant,
    AssuranceLevel,
    Capability,
    CheckMethod,
    Outcome,
    Pending,
    Refutation,
    Refuted,
    SubjectKind,
    Unavailable,
    Verified,
)
from idp.realname.ports.sign_ins import Begun, ExternalIdentity, SignIn
from idp.realname.ports.source import Source
from idp.realname.ports.troubles import Configured, Fault, Trouble

__all__ = [
    "LEGAL_REPRESENTATIVE_NUMBER",
    "Applicant",
    "AssuranceLevel",
    "Begun",
    "Capability",
    "Challenge",
    "Check",
    "CheckMethod",
    "Configured",
    "Conversation",
    "ExternalIdentity",
    "Fault",
    "Found",
    "LicenceHolder",
    "LicenceRole",
    "LicenceSignIn",
    "OrganisationRecord",
    "OrganisationRegister",
    "OrganisationState",
    "Outcome",
    "Pending",
    "PhotoCheck",
    "Progress",
    "Refutation",
    "Refuted",
    "Said",
    "Scene",
    "SignIn",
    "Source",
    "Started",
    "SubjectKind",
    "Surface",
    "Trouble",
    "Unavailable",
    "Verified",
]
