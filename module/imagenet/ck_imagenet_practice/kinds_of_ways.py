"""Kinds of links whose way leads over many steps, or by what a host is told on it."""

from __future__ import annotations

from typing import Mapping

from .kind import Kind, Place
from .visitors import LOGIN

_FETCH = "WHATWG Fetch, HTTP-redirect fetch; 781flyingdutchman/background_downloader #726"
_SHOWN = "RFC 9110, 15.4: to follow it is the client's choice; Chromium shows what comes with it"

KINDS_OF_WAYS: Mapping[str, Kind] = {
    "hops-12": Kind("/hops/12", landing="/good/hops", seen=_FETCH),
    "hops-20": Kind("/hops/20", landing="/good/hops", seen=_FETCH),
    "hops-21": Kind("/hops/21", "redirects", seen=_FETCH),
    "multiple-choices": Kind("/unfollowed/300", seen=_SHOWN),
    "unfollowed": Kind("/unfollowed/302", seen=_SHOWN),
    "cookie": Kind("/cookie", seen="imgproxy/imgproxy #1331; encode/httpx #821"),
    "consent": Kind("/consent", seen="Icinga/icingaweb2 #1064: a redirect loop without cookies"),
    "consent-across": Kind(
        "/visa/{target}",
        landing="/visa",
        place=Place.OWN,
        hosts=2,
        seen="appstrate/appstrate #473: cookies set in the midst of a way over several hosts",
    ),
    "deaf": Kind(
        "/deaf", "redirects", seen="NixOS/nix #2225: Set-Cookie: i_follow_redirects=yes for ever"
    ),
    "forgetful": Kind(
        "/forgetful", "redirects", seen="request/request #3188: set anew with each redirect"
    ),
    "password": Kind("/password", login=LOGIN, seen="RFC 3986, 3.2.1; yt-dlp/yt-dlp #17325"),
    "password-moved": Kind(
        "/password-moved", landing="/password", login=LOGIN, seen="psf/requests #4718"
    ),
    "password-missing": Kind("/password", "forbidden", seen="RFC 9110, 11.6.1"),
    "password-not-for-others": Kind(
        "/across/{target}/stranger",
        landing="/stranger",
        place=Place.OWN,
        hosts=2,
        login=LOGIN,
        seen="curl's CVE-2018-1000007; psf/requests #4716",
    ),
}
"""Every kind by its name."""
