"""The modules that hold the console's routes, in the order of the navigation."""

ALL = (
    "confirming",
    "entry",
    "approvals",
    "accounts",
    "imports",
    "exports",
    "reviews",
    "entry",
    "approvals",
    "accounts",
    "account_page",
    "account_acts",
    "account_level",
    "counter",
    "clients",
    "sources",
    "sources_changing",
    "policies",
    "security",
    "audit",
)
