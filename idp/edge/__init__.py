"""Flask glue shared by the faces: the browser and its session, proxy trust, headers, tracing and error pages."""
