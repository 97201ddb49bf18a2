"""Every table of the service, gathered so that migrations and tests see them all."""

from idp.accounts import models as accounts
from idp.audit import models as audit
from idp.authn import models as authn
from idp.bulk import models as bulk
from idp.db import keyring, stamps
from idp.mandates import models as mandates
from idp.oidc import models as oidc
from idp.outbox import models as outbox
from idp.policies import models as policies
from idp.realname import models as realname
from idp.realname.watch import models as watch
from idp.reviews import models as reviews
from idp.sites import models as sites
from idp.sites import models_checks as sites_checks
from idp.sites import models_tokens as sites_tokens
from idp.staff import models as staff
from idp.statistics import models as statistics

ALL = (
    accounts,
    audit,
    authn,
    bulk,
    keyring,
    mandates,
    oidc,
    outbox,
    policies,
    realname,
    reviews,
    sites,
    sites_checks,
    sites_tokens,
    staff,
    stamps,
    statistics,
    watch,
)
