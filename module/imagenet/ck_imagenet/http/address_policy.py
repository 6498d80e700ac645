"""The address policy: only public addresses may be asked, and those that the user names."""

from __future__ import annotations

import ipaddress
import re
import socket
from contextlib import suppress
from typing import NamedTuple, Union

from ..core import urls
from ..core.errors import BadInput
from ..core.outcomes import Failed, Outcome

# Metadata services of clouds. They tell a machine its secrets, and know it only by its address.
# Most of these networks are private or link-local, and refused anyway, but some look public. Each
# has its source: the provider's own page, or a project that blocks it.

NETWORKS = tuple(
    map(
        ipaddress.ip_network,
        (
            # Metadata of most: AWS, Google, Azure, Oracle, DigitalOcean, OpenStack, IBM, Huawei,
            # Hetzner, Linode, Vultr, OVH (cloud-init's data sources); on AWS also the credentials
            # of containers at 169.254.170.2 and .23, and names and time at 169.254.169.253 and .123
            # (AWS: "Amazon ECS task metadata", "EKS Pod Identity"); of Tencent at 169.254.0.23
            # (metadata.tencentyun.com); of Scaleway at 169.254.42.42 (cloud-init, "Scaleway").
            "169.254.0.0/16",
            # AWS over IPv6: metadata at fd00:ec2::254, Pod Identity at fd00:ec2::23, names and time
            # at ::253 and ::123 (AWS: "Instance metadata", "EKS Pod Identity").
            "fd00:ec2::/32",
            # Google over IPv6 (Google: "About VM metadata", fd20:ce::254).
            "fd20:ce::/32",
            # Oracle over IPv6 (Oracle: "Instance metadata service", fd00:c1::a9fe:a9fe).
            "fd00:c1::/32",
            # Linode over IPv6 (Akamai: "Metadata service", fd00:a9fe:a9fe::1).
            "fd00:a9fe:a9fe::/48",
            # Scaleway over IPv6 (cloud-init, "Scaleway", fd00:42::42).
            "fd00:42::/32",
            # OpenStack over IPv6, fe80::a9fe:a9fe (OpenStack: "Metadata service").
            "fe80::/10",
            # Alibaba: metadata at 100.100.100.200 (cloud-init, "AliYun"), names at 100.100.2.136
            # and .138; services of Tencent, Huawei, UCloud and Volcengine are in this range too.
            "100.64.0.0/10",
            # Oracle's classic machines: metadata at 192.0.0.192 (cujanovic/SSRF-Testing).
            "192.0.0.0/24",
            # Azure: the host of every machine, its agent's settings, names and DHCP
            # (Microsoft: "What is IP address 168.63.129.16?").
            "168.63.129.16/32",
            # Packet, later Equinix Metal: metadata.packet.net and metadata.platformequinix.com
            # (Kinvolk's Lokomotive and SAP's Gardener, which block it for pods).
            "192.80.8.124/32",
            # IBM: names, time, mirrors and storage; and services of a platform (IBM: "Service
            # endpoints for VPC", "IaaS private endpoints" and "Cloud service endpoints").
            "161.26.0.0/16",
            "166.8.0.0/14",
            # Google: restricted.googleapis.com and private.googleapis.com, not announced to the
            # internet (Google: "Configure Private Google Access").
            "199.36.153.4/30",
            "199.36.153.8/30",
            "2600:2d00:2:1000::/56",
            "2600:2d00:2:2000::/56",
        ),
    )
)

NAMES = frozenset(
    {
        # The same services by name: a proxy in such a cloud could resolve it. Names of Google, AWS
        # and Azure below `internal`, and of Kubernetes below `local` or `svc`, are refused anyway.
        "metadata.goog",
        "metadata.tencentyun.com",
        "metadata.packet.net",
        "metadata.platformequinix.com",
        "api.metadata.cloud.ibm.com",
        "metadata.scaleway.com",
        "restricted.googleapis.com",
        "private.googleapis.com",
    }
)


_Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
_Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Python, or an older version of it, calls these public.
_SPECIAL = (
    ipaddress.ip_network("192.88.99.0/24"),  # relays of 6to4
    ipaddress.ip_network("3fff::/20"),  # for documentation
    *NETWORKS,
)
# A name without a dot, or below a domain that is never delegated, means a host in the network of
# whoever resolves it. A name that ends in a number is an address for some resolvers.
_NOT_PUBLIC_NAME = re.compile(
    r"[^.]*|(.*\.)?(localhost|local|internal|svc|home\.arpa)|.*\.(\d+|0x[0-9a-f]*)"
)


class AddressPolicy(NamedTuple):
    """Decides whether an address may be asked, just before it is connected to."""

    networks: tuple[_Network, ...] = ()
    names: frozenset[str] = frozenset()
    endpoints: frozenset[tuple[str, int]] = frozenset()
    """Hosts and ports of services and lists that the user named: no other port is trusted."""

    @classmethod
    def allowing(cls, private: str) -> AddressPolicy:
        """Return the policy that allows what `private` names, beside all public addresses.

        Parameters
        ----------
        private : str
            Hosts, addresses and networks with commas between: `127.0.0.0/8,10.1.2.3,myserver`.

        Raises
        ------
        BadInput
            If one of them is none of these.
        """
        networks, names = [], set()
        for item in filter(None, (item.strip() for item in private.split(","))):
            try:
                networks.append(ipaddress.ip_network(item.strip("[]"), strict=False))
            except ValueError:
                names.add(_name(item))
        return cls(tuple(networks), frozenset(names))

    def trusting(self, host: str, port: int) -> AddressPolicy:
        """Return this policy, with one more host and port that it trusts.

        Parameters
        ----------
        host : str
            As `urls.Address` has it.
        port : int
            The one port that is trusted.
        """
        return self._replace(endpoints=self.endpoints | {(host, port)})

    def trusting_url(self, url: str) -> AddressPolicy:
        """Return this policy, with the host and port of a URL that it trusts.

        Raises
        ------
        BadInput
            If it is no URL that can be asked.
        """
        try:
            parsed = urls.parse(url)
        except Failed as failed:
            raise BadInput(f'"{url}" is not a valid URL: {failed.detail}') from None
        return self.trusting(parsed.host, parsed.port)

    def check_unresolved(self, host: str, port: int) -> None:
        """Refuse a host by its name alone, before a proxy resolves it.

        Parameters
        ----------
        host : str
            As `urls.Address` has it.
        port : int
            The port that would be asked.

        Raises
        ------
        Failed
            PRIVATE_ADDRESS if the name means no public host.
        """
        if (host, port) in self.endpoints or host in self.names:
            return
        plain = host.rstrip(".")
        for address in literal_address(plain):
            self.check(host, port, address)
            return
        if _NOT_PUBLIC_NAME.fullmatch(plain) or plain in NAMES:
            raise Failed(Outcome.PRIVATE_ADDRESS, host)

    def check(self, host: str, port: int, address: str) -> None:
        """Refuse an address that may not be asked.

        Parameters
        ----------
        host : str
            As `urls.Address` has it.
        port : int
            The port that would be asked.
        address : str
            The address of the host, to which a connection would be made.

        Raises
        ------
        Failed
            PRIVATE_ADDRESS if it is not public, and the user has not allowed it.
        """
        if (host, port) in self.endpoints or host in self.names:
            return
        parsed = ipaddress.ip_address(address.partition("%")[0])
        inner = _embedded(parsed)
        if any(candidate in network for network in self.networks for candidate in (parsed, inner)):
            return
        if not _is_public(inner):
            shown = address if address == host else f"{host} is {address}"
            raise Failed(Outcome.PRIVATE_ADDRESS, shown)


PUBLIC_ONLY = AddressPolicy()


def literal_address(host: str) -> list[str]:
    """Return the address that `host` spells, in any form that the C library reads, else nothing."""
    with suppress(OSError, ValueError):
        return [socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, host))]
    with suppress(OSError, ValueError):  # numbers too: 2130706433, 0x7f.1 or 0177.0.0.1
        return [socket.inet_ntoa(socket.inet_aton(host))]
    return []


def _name(item: str) -> str:
    """Return a host name as it is asked; raise BadInput if it is none."""
    with suppress(ValueError):
        name = urls.ascii_host(item)
        if ":" not in name and name and not name.rpartition(".")[2].isdigit():
            return name
    raise BadInput(
        f'--allow-private: "{item}" is not a host, an address or a network; write for example '
        "--allow-private=127.0.0.0/8,10.1.2.3,myserver"
    )


def _is_public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    special = address.is_multicast or any(address in network for network in _SPECIAL)
    return address.is_global and not special


def _embedded(address: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 one stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
