"""Where a cloud's machines ask their host: it tells their secrets, and knows them by asking alone.

Most of these addresses are private or link-local, and would be refused anyway; some look public.
Each stands here with the place where its keeper, or who blocks it, has written it down.
"""

from __future__ import annotations

import ipaddress

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
        # As above; a proxy in such a cloud could find them. Those of Google, AWS and Azure below
        # `internal`, and of Kubernetes below `local` or `svc`, are refused with their domains.
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
