"""What an IP address is to us: of the internet, of our own network, or neither. Pure, and quick to load."""

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Protocol assignments and relays, which some versions of Python take for the internet.
_NO_HOSTS: Final = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv4Network("192.88.99.0/24"))
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_OWN_NETWORKS: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7")
)
#: Where clouds keep what opens everything, among the addresses of private networks. Most keep it at a link-local one.
_METADATA: Final = (ipaddress.ip_network("100.100.100.200/32"), ipaddress.ip_network("fd00:ec2::/32"))
_LOCAL_ENDS: Final = (".localhost", ".local", ".lan", ".home", ".internal", ".home.arpa")


def is_public(address: Address) -> bool:
    """Whether the address belongs to the internet, and to nothing that leads back inside in disguise."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        return address in _GLOBAL_UNICAST and address.is_global and address.teredo is None
    special = address.is_multicast or address.is_reserved or any(address in network for network in _NO_HOSTS)
    return address.is_global and not special


def is_of_our_network(address: Address) -> bool:
    """Whether the address is this machine's own or one of a private network, where people have services of their own. Link-local
    addresses and those where clouds keep their secrets are not."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return is_of_our_network(address.ipv4_mapped)
    return any(address in network for network in _OWN_NETWORKS) and not any(address in network for network in _METADATA)


def names_our_network(host: str) -> bool:
    """Whether a host is written so that everybody sees that it is inside: as a number, or with a name that only a local network
    gives."""
    host = host.strip("[]").rstrip(".").lower()
    try:
        return is_of_our_network(ipaddress.ip_address(host))
    except ValueError:
        return "." not in host or host.endswith(_LOCAL_ENDS)
