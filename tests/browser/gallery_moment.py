"""What samples of pages have in common: a moment, and a site at the end of the journey."""

from datetime import UTC, datetime
from types import SimpleNamespace as Sample

__all__ = ["JOURNEY", "MOMENT", "Sample"]

MOMENT = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
JOURNEY = Sample(handle="wQ3sampleHandle", site_name="政务服务大厅")
