"""What holds for every request of a command: who asks, which addresses, within what time.

Whoever asks for something makes the client for it here: so no request is without the user's wishes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable

from .. import USER_AGENT
from .address_policy import AddressPolicy
from .client import Client
from .connections import Limits
from .resolver import Resolver, lookup_with_overrides


@dataclass(frozen=True)
class Network:
    """The options that every request of a command keeps; proxies come from the environment."""

    user_agent: str = USER_AGENT
    resolve: str = ""
    """Addresses of hosts, instead of what the machine says."""
    allow_private: str = ""
    """What may be asked although it is not public."""
    timeout: float = 20.0
    """Seconds for a picture. What takes longer in any case, such as a list, has at least these."""

    def client(
        self, trusted: Iterable[str] = (), limits: Limits | None = None, **wishes: Any
    ) -> Client:
        """Return a client.

        Parameters
        ----------
        trusted : iterable of str
            Addresses that the user has named himself: exactly their hosts and ports are trusted.
        limits : Limits, optional
            How long a peer may take; by default what `timeout` means.
        **wishes
            What else `Client` takes by name.

        Raises
        ------
        BadInput
            If an option cannot be used.
        """
        policy = AddressPolicy.allowing(self.allow_private)
        for address in trusted:
            policy = policy.trusting_url(address)
        return Client(
            policy,
            limits or Limits.within(self.timeout),
            Resolver(lookup_with_overrides(self.resolve)),
            user_agent=self.user_agent or USER_AGENT,
            **wishes,
        )
