"""The registers of organisations: market regulation, civil affairs, the staffing office."""
