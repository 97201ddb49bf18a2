"""What counts as one origin on the network when attempts are counted."""

import ipaddress


def network_of(address: str) -> str:
    """An IPv4 address, or the /64 that one IPv6 household or attacker holds; `unknown` for anything else."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def region_of(address: str) -> str:
    """Roughly from where, for somebody to recognise: the /24 of an IPv4 address or the /48 of an IPv6 one; else `unknown`."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))
