"""Which addresses may be asked: public ones, and those that the user names."""

from __future__ import annotations

import ipaddress
from contextlib import suppress

import pytest
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.http import address_policy
from ck_imagenet.http.address_policy import PUBLIC_ONLY, AddressPolicy
from hypothesis import given
from hypothesis import strategies as st


def allows(policy: AddressPolicy, address: str, host: str = "a.com", port: int = 80) -> bool:
    """Say whether a policy lets `host`, which has `address`, be asked."""
    try:
        policy.check(host, port, address)
    except Failed as failed:
        assert failed.outcome is Outcome.PRIVATE_ADDRESS
        return False
    return True


class TestPublic:
    """What the shipped default lets pass."""

    @pytest.mark.parametrize(
        "address",
        ["8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"],
    )
    def test_public_addresses_may_be_asked(self, address: str) -> None:
        assert allows(PUBLIC_ONLY, address)

    def test_public_ipv4_behind_nat64_may_be_asked(self) -> None:
        assert allows(PUBLIC_ONLY, "64:ff9b::8.8.8.8")

    def test_an_address_behind_nat64_is_that_address_to_the_last_bit(self) -> None:
        assert not allows(PUBLIC_ONLY, "64:ff9b::168.63.129.16")
        for near in ("168.63.129.15", "168.63.129.17"):
            assert allows(PUBLIC_ONLY, f"64:ff9b::{near}")

    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",  # noqa: S104 - an address to be refused, not to bind to
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "192.80.8.124",
            "161.26.0.10",
            "166.9.228.73",
            "166.11.255.255",
            "199.36.153.4",
            "199.36.153.11",
            "169.254.0.23",
            "169.254.170.2",
            "192.88.99.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
        ],
    )
    def test_ipv4_addresses_that_are_not_public_are_refused_however_wrapped(
        self, address: str
    ) -> None:
        number = int(ipaddress.IPv4Address(address))
        high, low = number >> 16, number & 0xFFFF
        assert not allows(PUBLIC_ONLY, address)
        assert not allows(PUBLIC_ONLY, f"::ffff:{address}")
        assert not allows(PUBLIC_ONLY, f"::{address}")
        assert not allows(PUBLIC_ONLY, f"64:ff9b::{address}")
        assert not allows(PUBLIC_ONLY, f"2002:{high:x}:{low:x}::1")
        assert not allows(PUBLIC_ONLY, f"2001:0:808:808:0:0:{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}"), (
            "Teredo"
        )

    @pytest.mark.parametrize(
        "address",
        [
            "::1",
            "::",
            "fe80::1",
            "fe80::1%eth0",
            "fec0::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "2001:db8::1",
            "3fff::1",
            "3fff:fff:ffff::1",
            "64:ff9b:1::7f00:1",
            "::ffff:0:127.0.0.1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fd00:c1::a9fe:a9fe",
            "fe80::a9fe:a9fe",
            "2600:2d00:2:1000::1",
            "2600:2d00:2:2000::1",
        ],
    )
    def test_ipv6_addresses_that_are_not_public_are_refused(self, address: str) -> None:
        assert not allows(PUBLIC_ONLY, address)

    @pytest.mark.parametrize("network", address_policy.NETWORKS, ids=str)
    def test_where_the_machines_of_a_cloud_ask_their_host_is_refused(
        self, network: ipaddress.IPv4Network | ipaddress.IPv6Network
    ) -> None:
        for address in (network[0], network[-1]):
            assert not allows(PUBLIC_ONLY, str(address))

    @pytest.mark.parametrize("near", ["168.63.129.15", "168.63.129.17", "192.80.8.123"])
    def test_their_neighbours_may_be_asked(self, near: str) -> None:
        assert allows(PUBLIC_ONLY, near)

    @pytest.mark.parametrize("name", [*sorted(address_policy.NAMES), "kubernetes.default.svc"])
    def test_no_proxy_is_asked_for_what_a_cloud_calls_its_host(self, name: str) -> None:
        for host in (name, f"{name}."):
            with pytest.raises(Failed, match=f"^private-address: {host}$"):
                PUBLIC_ONLY.check_unresolved(host, 80)

    def test_the_refusal_names_the_address_and_the_host_that_has_it(self) -> None:
        with pytest.raises(Failed, match=r"^private-address: a\.com is 10\.0\.0\.1$"):
            PUBLIC_ONLY.check("a.com", 80, "10.0.0.1")
        with pytest.raises(Failed, match=r"^private-address: 10\.0\.0\.1$"):
            PUBLIC_ONLY.check("10.0.0.1", 80, "10.0.0.1")

    @given(st.ip_addresses())
    def test_every_address_is_allowed_or_refused(
        self, address: ipaddress.IPv4Address | ipaddress.IPv6Address
    ) -> None:
        if allows(PUBLIC_ONLY, str(address)) and address.version == 4:
            assert address.is_global


class TestAllowing:
    """What `--allow-private` adds."""

    def test_a_network_an_address_and_a_name_are_allowed_one_by_one(self) -> None:
        policy = AddressPolicy.allowing("127.0.0.0/8, 10.1.2.3,MyServer,[::1]")
        assert allows(policy, "127.3.2.1")
        assert allows(policy, "10.1.2.3")
        assert allows(policy, "192.168.0.9", host="myserver")
        assert allows(policy, "::1")
        assert not allows(policy, "10.1.2.4")
        assert not allows(policy, "192.168.0.9", host="otherserver")
        assert not allows(policy, "::2")

    @pytest.mark.parametrize("address", ["::ffff:127.0.0.1", "64:ff9b::7f00:1"])
    def test_an_allowed_ipv4_network_is_allowed_inside_ipv6_too(self, address: str) -> None:
        assert allows(AddressPolicy.allowing("127.0.0.0/8"), address)

    def test_a_network_may_be_written_with_any_of_its_addresses(self) -> None:
        assert allows(AddressPolicy.allowing("10.1.2.3/24"), "10.1.2.200")

    @pytest.mark.parametrize("name", ["nas1", "web-2.lan", "my_server", "10.example.com"])
    def test_a_host_may_have_digits_in_its_name(self, name: str) -> None:
        assert allows(AddressPolicy.allowing(name), "10.0.0.1", host=name)

    @pytest.mark.parametrize("name", ["b\xfcro.local", "B\xdcRO.local", "xn--bro-hoa.local"])
    def test_a_host_may_be_named_in_any_script(self, name: str) -> None:
        assert allows(AddressPolicy.allowing(name), "10.0.0.1", host="xn--bro-hoa.local")

    def test_all_ports_of_what_is_allowed_may_be_asked(self) -> None:
        assert allows(AddressPolicy.allowing("10.0.0.1"), "10.0.0.1", port=8080)

    @pytest.mark.parametrize("private", ["", " ", ",", " , "])
    def test_nothing_named_is_nothing_allowed(self, private: str) -> None:
        assert AddressPolicy.allowing(private) == PUBLIC_ONLY

    @pytest.mark.parametrize(
        "item",
        [
            "10.1.2.300",
            "10.1.2",
            "127.1",
            "10.0.0.0/33",
            "10.0.0.0/x",
            "127.0.0.1:8080",
            "http://myserver",
            "my server",
            "*",
            "::zz",
        ],
    )
    def test_what_is_neither_host_nor_address_nor_network_is_refused(self, item: str) -> None:
        with pytest.raises(BadInput) as refused:
            AddressPolicy.allowing(f"localhost,{item}")
        assert str(refused.value) == (
            f'--allow-private: "{item}" is not a host, an address or a network; write for example '
            "--allow-private=127.0.0.0/8,10.1.2.3,myserver"
        )

    @given(st.text())
    def test_any_text_is_a_guard_or_bad_input(self, private: str) -> None:
        with suppress(BadInput):
            AddressPolicy.allowing(private)


class TestUnresolved:
    """What a proxy is asked for, which resolves names by itself."""

    @pytest.mark.parametrize(
        "host",
        ["a.com", "8.8.8.8", "134744072", "2606:4700::1111", "localhost.com", "a.internal.de"],
    )
    def test_public_names_and_addresses_may_be_asked(self, host: str) -> None:
        PUBLIC_ONLY.check_unresolved(host, 80)

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "2130706433",
            "2130706433.",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "169.254.169.254",
            "10.0.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:7f00:1",
            "64:ff9b::7f00:1",
            "localhost",
            "localhost.",
            "a.b.localhost",
            "intranet",
            "printer.local",
            "metadata.google.internal",
            "nas.home.arpa",
            "127.0.0.256",
            "1.2.3.4.5",
            "127.0.0.0x1g.0x",
        ],
    )
    def test_addresses_and_names_that_are_not_public_are_refused(self, host: str) -> None:
        with pytest.raises(Failed, match=r"^private-address: "):
            PUBLIC_ONLY.check_unresolved(host, 80)

    @pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "localhost", "nas.local"])
    def test_what_the_user_names_may_be_asked(self, host: str) -> None:
        AddressPolicy.allowing("127.0.0.0/8,localhost,nas.local").check_unresolved(host, 80)
        PUBLIC_ONLY.trusting(host, 81).check_unresolved(host, 81)
        with pytest.raises(Failed):
            PUBLIC_ONLY.trusting(host, 81).check_unresolved(host, 80)

    @given(st.ip_addresses())
    def test_an_address_is_judged_as_if_it_were_connected_to(
        self, address: ipaddress.IPv4Address | ipaddress.IPv6Address
    ) -> None:
        host = str(address)
        try:
            PUBLIC_ONLY.check_unresolved(host, 80)
        except Failed:
            assert not allows(PUBLIC_ONLY, host)
        else:
            assert allows(PUBLIC_ONLY, host)


class TestTrusting:
    """What the user names as a service or a list."""

    def test_one_host_and_port_is_trusted_and_nothing_else(self) -> None:
        policy = PUBLIC_ONLY.trusting("localhost", 8080)
        assert allows(policy, "127.0.0.1", host="localhost", port=8080)
        assert not allows(policy, "127.0.0.1", host="localhost", port=80)
        assert not allows(policy, "127.0.0.1", host="127.0.0.1", port=8080)

    def test_a_url_stands_for_its_host_and_port(self) -> None:
        policy = PUBLIC_ONLY.trusting_url("http://LocalHost:8080/lists?x")
        assert policy == PUBLIC_ONLY.trusting("localhost", 8080)
        assert PUBLIC_ONLY.trusting_url("https://a.com/") == PUBLIC_ONLY.trusting("a.com", 443)

    def test_several_are_trusted_beside_what_is_allowed(self) -> None:
        policy = AddressPolicy.allowing("10.1.2.3").trusting("a.com", 80).trusting("b.com", 81)
        assert policy.endpoints == {("a.com", 80), ("b.com", 81)}
        assert allows(policy, "10.1.2.3")

    def test_what_cannot_be_asked_is_called_so(self) -> None:
        with pytest.raises(BadInput, match=r'^"http://" is not a valid URL: '):
            PUBLIC_ONLY.trusting_url("http://")
