"""One market under test: the client, what the exchange is expected to do, and what the simulator holds."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

MID_PRICE = 0.9996
_client_ids = count(1)


class Mismatch(AssertionError):
    """What a check found is not what it should be."""


def same(found, expected, what=""):
    if found != expected:
        raise Mismatch(f"{what}: found {found!r}, expected {expected!r}")


def holds(condition, what):
    if not condition:
        raise Mismatch(str(what))


@dataclass
class Scene:
    venue: str
    case: dict
    market: dict
    client: Any
    truth: Any
    address: dict
    stream: Any = None
    notes: list = field(default_factory=list)

    @property
    def symbol(self):
        return self.market["symbol"]

    @property
    def contract_size(self):
        return self.market.get("contractSize", 1)

    @property
    def is_perpetual(self):
        return "contractSize" in self.market

    def amount(self, base_quantity=None):
        """Contracts, as ccxt counts perpetuals; base units otherwise."""
        return (base_quantity or self.market["amount"]) / self.contract_size

    def price(self, factor):
        return float(self.client.price_to_precision(self.symbol, MID_PRICE * factor))

    def limit(self, side, factor, params=None, base_quantity=None, client=None):
        """A limit order with a client id of ours."""
        named = {self.case["clientOrderId"]["create"]: new_client_order_id(), **self.as_taken(params or {})}
        return (client or self.client).create_order(
            self.symbol, "limit", side, self.amount(base_quantity), self.price(factor), named
        )

    def as_taken(self, params):
        """The time in force in the way in which ccxt takes it for this exchange."""
        way = self.case.get("timesInForce", {}).get(params.get("timeInForce"))
        if way is None:
            return params
        return {**{key: value for key, value in params.items() if key != "timeInForce"}, **way}

    def fetched(self, order):
        return self.client.fetch_order(order["id"], self.symbol, dict(self.case.get("fetchParams", {})))

    def true_trades(self, order_id):
        return sorted(
            (float(trade["price"]), float(trade["quantityBase"]), float(trade["fee"]), trade["feeCurrency"])
            for trade in self.truth.read("trades")
            if trade["orderId"] == order_id
        )

    def trades_are_true(self, order_id):
        trades = [trade for trade in self.client.fetch_my_trades(self.symbol) if trade["order"] == order_id]
        holds(trades, "no trades")
        figures = sorted(
            (trade["price"], trade["amount"] * self.contract_size, trade["fee"]["cost"], trade["fee"]["currency"])
            for trade in trades
        )
        same(figures, self.true_trades(order_id), "trades")
        return trades

    def true_quantity(self):
        mine = [row for row in self.truth.read("positions") if row["account"] == "main"]
        return sum(float(row["quantityBase"]) for row in mine)

    def close_position(self):
        quantity = self.true_quantity()
        if quantity == 0:
            return
        side, factor = ("buy", 1.01) if quantity < 0 else ("sell", 0.99)
        self.limit(side, factor, {"timeInForce": "IOC", "reduceOnly": True}, abs(quantity))

    def balances_are_true(self):
        self.close_position()
        balance = self.client.fetch_balance()
        held = {row["currency"]: float(row["total"]) for row in self.truth.read("balances") if row["account"] == "main"}
        for currency in self.case["balances"]:
            same(balance[currency]["total"], held[currency], currency)


def new_client_order_id():
    """32 hexadecimal digits: taken by every exchange of the suite."""
    return f"{next(_client_ids):c>32x}"


def named(way, client_order_id):
    """The parameters that name an order by its client id."""
    return {key: client_order_id if value == "$" else value for key, value in way.get("params", {}).items()}
