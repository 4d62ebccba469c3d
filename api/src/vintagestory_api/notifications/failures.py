"""Why a message did not arrive, in our words: Apprise's own are those of its log. Pure."""

import re
from typing import Final

#: Apprise writes it as `error=404`, some of its services as `(error=404)` or `[error=404]`.
_STATUS: Final = re.compile(r"\berror=([1-5]\d\d)\b")
_NO_CONNECTION: Final = re.compile(r"\bconnection error\b|\bsocket (error|exception)\b", re.IGNORECASE)

_REFUSED: Final = "The service refused the message"
_BY_STATUS: Final = {
    401: f"{_REFUSED}: the key, token or password in the address is not valid (any more). Enter the address again.",
    403: f"{_REFUSED}: the key, token or password in the address may not send there. Enter the address again.",
    404: "The service does not know this address (any more): perhaps the channel or the webhook was deleted. Enter it again.",
    410: "The service does not know this address (any more): perhaps the channel or the webhook was deleted. Enter it again.",
    413: f"{_REFUSED}: it is too long. Shorten the template of the target.",
    429: "The service takes no more messages from us at the moment.",
}

LEADS_INSIDE: Final = (
    "It leads inside of a network. Hosts of your own network are asked only where the address has their number, a name that only "
    "a local network gives, or a name in VS_NOTIFY_HOSTS."
)


def in_plain_words(said: str) -> str:
    """`said`: by Apprise, without secrets. What is not known is told as it is."""
    if found := _STATUS.search(said):
        status = int(found[1])
        return f"{_words_of(status)} (It answered {status}.)"
    if _NO_CONNECTION.search(said):
        return "The service can't be reached. Look at its address, and at the network of this machine."
    return said or f"{_REFUSED} without saying why."


def _words_of(status: int) -> str:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return "The service has trouble of its own." if status >= 500 else f"{_REFUSED}. Test the address."
