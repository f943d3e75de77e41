"""What a user typed -> the forms in which the lake may hold it. Pure."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Of these, capital and small letters are the same thing (or, for user names, the same person in practice).
FOLDED_INDICATORS: Final = (
    "ip_addresses",
    "domain_names",
    "emails",
    "usernames",
    "md5_hashes",
    "sha1_hashes",
    "sha256_hashes",
    "mac_addresses",
)

_IPV4: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_HASH: Final = re.compile(r"[0-9A-Fa-f]{32}([0-9A-Fa-f]{8}([0-9A-Fa-f]{24})?)?")


@dataclass(frozen=True)
class SearchedValue:
    """`asked` as typed, `forms` as the lake may have it: those compared exactly, then (lower case) those compared without case.

    `folded_forms` is empty where case tells nothing apart: it costs a scan.
    """

    asked: str
    forms: tuple[str, ...]
    folded_forms: tuple[str, ...]


def searched_values(values: Sequence[str]) -> list[SearchedValue]:
    """One per distinct value that is not blank.

    Trims; undoes `203[.]0[.]113[.]66`, `user[@]example[.]com` and `hxxps://`; an IP address also in its short and its long form and, for
    v4, as `::ffff:`; a domain also without its last dot, and in Unicode where it is punycode.
    """
    found: dict[str, SearchedValue] = {}
    for value in values:
        asked = value.strip()
        if asked and asked not in found:
            forms = list(dict.fromkeys((asked, *_written_otherwise(_refanged(asked)))))
            found[asked] = SearchedValue(asked, tuple(forms), _folded(forms))
    return list(found.values())


def _folded(forms: Sequence[str]) -> tuple[str, ...]:
    """Forms that the lake may hold in other case. Not of an IPv4 address, and not of a hash: these are stored in lower case."""
    if any(_IPV4.fullmatch(form) or _HASH.fullmatch(form) for form in forms):
        return ()
    return tuple(dict.fromkeys(form.lower() for form in forms if form.lower() != form.upper()))


def _refanged(text: str) -> str:
    for defanged, plain in (("[.]", "."), ("(.)", "."), ("[:]", ":"), ("[@]", "@"), ("hxxp", "http")):
        text = text.replace(defanged, plain)
    return text


def _written_otherwise(text: str) -> list[str]:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return [text, *_domain_forms(text), *([text.lower()] if _HASH.fullmatch(text) else [])]
    if isinstance(address, ipaddress.IPv4Address):
        return [text, str(address), f"::ffff:{address}", f"::FFFF:{address}"]
    forms = [text, address.compressed, address.exploded]
    if address.ipv4_mapped:
        forms += [str(address.ipv4_mapped), f"::ffff:{address.ipv4_mapped}"]
    return forms


def _domain_forms(text: str) -> list[str]:
    forms = [text.removesuffix(".")] if text.endswith(".") and not text.endswith("..") else []
    if "xn--" in text.lower():
        with contextlib.suppress(UnicodeError):  # no punycode after all: it is searched as written
            forms.append(text.lower().removesuffix(".").encode("ascii").decode("idna"))
    return forms
