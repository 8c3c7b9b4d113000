"""ccxt for Python as it comes, on a simulated exchange: only where its requests and websockets go is another."""

import json
import re
import urllib.request

import ccxt
import ccxt.pro
from requests.adapters import HTTPAdapter


class Redirect(HTTPAdapter):
    """Sends what is meant for any https origin to the simulator; ccxt still sees, and signs, the real address."""

    def __init__(self, rest):
        super().__init__()
        self.rest = rest

    def send(self, request, **options):
        request.url = re.sub(r"^https://[^/]+", self.rest, request.url)
        return super().send(request, **options)


def rest_client(venue, address, credentials=None):
    """A synchronous client."""
    client = getattr(ccxt, venue)(settings(credentials or address["credentials"]))
    client.session.mount("https://", Redirect(address["rest"]))
    return client


def stream_client(venue, address):
    """A client of ccxt.pro; its own requests (snapshots, listen keys) go to the simulator as well."""
    base = getattr(ccxt.pro, venue)

    class Simulated(base):
        async def fetch(self, url, method="GET", headers=None, body=None):
            return await super().fetch(re.sub(r"^https://[^/]+", address["rest"], url), method, headers, body)

    Simulated.__name__ = venue
    client = Simulated(settings(address["credentials"]))
    client.urls["api"] = redirected(client.urls["api"], address["ws"])
    return client


def settings(credentials):
    return {**credentials, "enableRateLimit": False}


def redirected(value, base):
    """`wss://host/path` becomes the simulator's address with the same path."""
    if isinstance(value, str):
        return re.sub(r"^wss://[^/]+", base, value)
    if isinstance(value, dict):
        return {key: redirected(inner, base) for key, inner in value.items()}
    return value


class Truth:
    """The simulator's own account of itself, by its control API."""

    def __init__(self, control, clock, venue):
        self.control = control
        self.clock = clock
        self.venue = venue

    def read(self, part):
        with urllib.request.urlopen(f"{self.control}/venues/{self.venue}/{part}") as answer:
            return json.load(answer)

    def pass_market(self, milliseconds):
        """Moves market time."""
        request = urllib.request.Request(f"{self.clock}/?ms={milliseconds}", method="POST")
        urllib.request.urlopen(request).close()
