"""Each call that a trading service makes, as a check with a name; `needs` are methods of ccxt."""

import time

import ccxt

from scene import MID_PRICE, holds, named, new_client_order_id, same
from simulated import rest_client

CHECKS = []
HOUR_MS = 3_600_000
# 9 October 2025, 00:00 UTC: the tape's first row
FIRST_HOUR_MS = 1_759_968_000_000


def check(name, *needs, feature=None, perpetual=False):
    def register(run):
        CHECKS.append({"name": name, "needs": needs, "feature": feature, "perpetual": perpetual, "run": run})
        return run

    return register


def rejects(action, scene, kind, usual):
    name = scene.case["errors"].get(kind, usual)
    try:
        action()
    except Exception as error:  # the class is what is checked
        holds(isinstance(error, getattr(ccxt, name)), f"{kind}: expected {name}, got {type(error).__name__} {error}")
        return
    holds(False, f"{kind}: nothing was refused")


def or_none(action):
    try:
        return action()
    except ccxt.ExchangeError:
        return None


def unless_unchanged(action):
    try:
        action()
    except ccxt.NoChange:
        pass
    except ccxt.ExchangeError as error:
        if "no need to change" not in str(error).lower() and "not modified" not in str(error).lower():
            raise


@check("loads the market with its tick, step, minimum and contract size")
def market(scene):
    found = scene.client.market(scene.symbol)
    told = {
        "tick": found["precision"]["price"],
        "step": found["precision"]["amount"],
        "minimum": found["limits"]["amount"]["min"],
        "contractSize": found.get("contractSize"),
    }
    for key, value in told.items():
        if key in scene.market:
            same(value, scene.market[key], key)
    same(found["active"], True, "active")


@check("tells its time", "fetchTime")
def server_time(scene):
    holds(abs(scene.client.fetch_time() - time.time() * 1000) < 5000, "time")


@check("has a ticker", "fetchTicker")
def ticker(scene):
    found = scene.client.fetch_ticker(scene.symbol)
    same(found["last"], MID_PRICE, "last")
    if "ticker.bid" not in scene.case["lacks"]:
        holds(found["bid"] < MID_PRICE < found["ask"], "bid and ask")


@check("has tickers of all markets", "fetchTickers")
def tickers(scene):
    same(scene.client.fetch_tickers([scene.symbol])[scene.symbol]["last"], MID_PRICE, "last")


@check("shows the order book that it has", "fetchOrderBook")
def order_book(scene):
    book = scene.client.fetch_order_book(scene.symbol, 5)
    held = next(row for row in scene.truth.read("prices") if row["symbol"] == scene.symbol)
    for side in ("bids", "asks"):
        told = [[level[0], level[1] * scene.contract_size] for level in book[side][:5]]
        same(told, [[float(price), float(quantity)] for price, quantity in held[side][:5]], side)


@check("shows what was traded", "fetchTrades")
def public_trades(scene):
    order = scene.limit("sell", 0.99, {"timeInForce": "IOC"})
    price, quantity, _, _ = scene.true_trades(order["id"])[0]
    trades = scene.client.fetch_trades(scene.symbol)
    seen = [(trade["price"], trade["amount"] * scene.contract_size, trade["side"]) for trade in trades]
    holds((price, quantity, "sell") in seen, seen)


@check("has hourly candles", "fetchOHLCV")
def candles(scene):
    found = scene.client.fetch_ohlcv(scene.symbol, "1h", FIRST_HOUR_MS)
    same(found[0][:5], [FIRST_HOUR_MS, 0.9995, 0.9998, 0.9994, MID_PRICE], "candle")


@check("tells the balances", "fetchBalance")
def balances(scene):
    scene.balances_are_true()


@check("tells the fee of the market", "fetchTradingFee")
def trading_fee(scene):
    fee = scene.client.fetch_trading_fee(scene.symbol)
    holds(0 < fee["taker"] < 0.02 and fee["maker"] <= fee["taker"], fee)


@check("tells the fees of all markets", "fetchTradingFees")
def trading_fees(scene):
    holds(scene.client.fetch_trading_fees()[scene.symbol]["taker"] > 0, "fees")


@check(
    "rests a limit order, finds it by id and among the open ones, and cancels it",
    "createOrder",
    "fetchOrder",
    "fetchOpenOrders",
    "cancelOrder",
)
def resting(scene):
    order = scene.limit("buy", 0.9)
    found = scene.fetched(order)
    same((found["id"], found["status"], found["filled"]), (order["id"], "open", 0), "order")
    same(found["amount"] * scene.contract_size, scene.market["amount"], "amount")
    same([row["id"] for row in scene.client.fetch_open_orders(scene.symbol)], [order["id"]], "open orders")
    scene.client.cancel_order(order["id"], scene.symbol)
    same(scene.fetched(order)["status"], "canceled", "status")
    same(scene.client.fetch_open_orders(scene.symbol), [], "open orders")


@check("finds an order by its client id")
def by_client_id(scene):
    way = scene.case["clientOrderId"]
    client_order_id = new_client_order_id()
    order = scene.limit("buy", 0.9, {way["create"]: client_order_id})
    if way["fetch"].get("search"):
        found = [row for row in scene.client.fetch_open_orders(scene.symbol) if row["clientOrderId"] == client_order_id]
    else:
        found = [scene.client.fetch_order("", scene.symbol, named(way["fetch"], client_order_id))]
    same([(row["id"], row["clientOrderId"]) for row in found], [(order["id"], client_order_id)], "found")
    scene.client.cancel_order(order["id"], scene.symbol)


@check("cancels an order by its client id")
def cancel_by_client_id(scene):
    way = scene.case["clientOrderId"]
    client_order_id = new_client_order_id()
    order = scene.limit("buy", 0.9, {way["create"]: client_order_id})
    if "lacks" in way["cancel"]:
        scene.notes.append(way["cancel"]["lacks"])
        scene.client.cancel_order(order["id"], scene.symbol)
    else:
        scene.client.cancel_order("", scene.symbol, named(way["cancel"], client_order_id))
    same(scene.fetched(order)["status"], "canceled", "status")


@check("fills an immediate-or-cancel order over several levels, with its trades and fees", "fetchMyTrades")
def several_levels(scene):
    order = scene.limit("sell", 0.99, {"timeInForce": "IOC"}, scene.market["large"])
    found = scene.fetched(order)
    same((found["status"], found["remaining"]), ("closed", 0), "order")
    same(found["filled"] * scene.contract_size, scene.market["large"], "filled")
    trades = scene.trades_are_true(order["id"])
    holds(all(trade["takerOrMaker"] == "taker" for trade in trades), "taker")


@check("ends an immediate-or-cancel order that finds nobody")
def unfilled(scene):
    order = or_none(lambda: scene.limit("buy", 0.9, {"timeInForce": "IOC"}))
    if order is None:
        return
    found = scene.fetched(order)
    holds(found["status"] in ("canceled", "expired") and found["filled"] == 0, found)


@check("fills a fill-or-kill order whole, or not at all", feature="fillOrKill")
def fill_or_kill(scene):
    whole = scene.limit("buy", 1.01, {"timeInForce": "FOK"})
    same(scene.fetched(whole)["status"], "closed", "status")
    killed = or_none(lambda: scene.limit("buy", 0.9, {"timeInForce": "FOK"}))
    if killed is not None:
        found = scene.fetched(killed)
        holds(found["status"] != "open" and found["filled"] == 0, found)


@check("rests a post-only order, and never lets one take")
def post_only(scene):
    order = scene.limit("buy", 0.9, {"postOnly": True})
    same(scene.fetched(order)["status"], "open", "status")
    scene.client.cancel_order(order["id"], scene.symbol)
    crossing = or_none(lambda: scene.limit("buy", 1.01, {"postOnly": True}))
    if crossing is not None:
        found = scene.fetched(crossing)
        holds(found["status"] != "open" and found["filled"] == 0, found)


@check("fills market orders of both sides")
def market_orders(scene):
    for side in ("buy", "sell"):
        # Some exchanges take a market buy as an amount of quote, which ccxt works out from a price.
        price = scene.price(1) if side == "buy" else None
        order = scene.client.create_order(scene.symbol, "market", side, scene.amount(), price)
        found = scene.fetched(order)
        same(found["status"], "closed", side)
        # A buy that is priced may be sent as an amount of quote.
        difference = abs(found["filled"] * scene.contract_size - scene.market["amount"])
        holds(difference <= scene.market["amount"] / 100, side)
        scene.trades_are_true(order["id"])


@check("lists what is done")
def done(scene):
    filled = scene.limit("sell", 0.99, {"timeInForce": "IOC"})
    cancelled = scene.limit("buy", 0.9)
    scene.client.cancel_order(cancelled["id"], scene.symbol)
    statuses = {}
    for method, call in (
        ("fetchClosedOrders", scene.client.fetch_closed_orders),
        ("fetchCanceledOrders", scene.client.fetch_canceled_orders),
    ):
        if scene.client.has.get(method):  # "emulated" counts: ccxt picks them out of all orders
            statuses.update({order["id"]: order["status"] for order in call(scene.symbol)})
    same((statuses.get(filled["id"]), statuses.get(cancelled["id"])), ("closed", "canceled"), "statuses")


@check("lists all orders", "fetchOrders")
def all_orders(scene):
    order = scene.limit("buy", 0.9)
    statuses = {row["id"]: row["status"] for row in scene.client.fetch_orders(scene.symbol)}
    same(statuses.get(order["id"]), "open", "status")
    scene.client.cancel_order(order["id"], scene.symbol)


@check("keeps the books: balances are what the trades say")
def books(scene):
    scene.balances_are_true()


@check("refuses what the account cannot pay")
def insufficient(scene):
    rejects(
        lambda: scene.limit("buy", 0.99, base_quantity=8_000_000), scene, "insufficientFunds", "InsufficientFunds"
    )


@check("treats a repeated client id as it says")
def duplicate(scene):
    params = {scene.case["clientOrderId"]["create"]: new_client_order_id()}
    first = scene.limit("buy", 0.9, params)
    if scene.case["errors"].get("duplicate") == "same order":
        same(scene.limit("buy", 0.9, params)["id"], first["id"], "same order")
    else:
        rejects(lambda: scene.limit("buy", 0.9, params), scene, "duplicate", "ExchangeError")
    same(len(scene.client.fetch_open_orders(scene.symbol)), 1, "open orders")
    scene.client.cancel_order(first["id"], scene.symbol)


@check("does not know an order that is not there")
def unknown_order(scene):
    order = scene.limit("buy", 0.9)
    scene.client.cancel_order(order["id"], scene.symbol)
    rejects(lambda: scene.client.cancel_order(order["id"], scene.symbol), scene, "unknownOrder", "OrderNotFound")


@check("refuses a wrong signature and an unknown key")
def strangers(scene):
    main = scene.address["credentials"]
    for wrong in (
        {**main, "secret": scene.address["accounts"]["reader"]["secret"]},
        {**main, "apiKey": main["apiKey"] + "0"},
    ):
        client = rest_client(scene.venue, scene.address, wrong)
        rejects(client.fetch_balance, scene, "authentication", "AuthenticationError")


@check("lets a key without the permission read but not trade")
def reader(scene):
    client = rest_client(scene.venue, scene.address, scene.address["accounts"]["reader"])
    client.load_markets()
    client.fetch_balance()
    rejects(lambda: scene.limit("buy", 0.9, client=client), scene, "permission", "ExchangeError")


@check("sets leverage", "setLeverage", perpetual=True)
def leverage(scene):
    unless_unchanged(lambda: scene.client.set_leverage(3, scene.symbol))


@check("takes cross margin", "setMarginMode", perpetual=True)
def margin_mode(scene):
    unless_unchanged(lambda: scene.client.set_margin_mode("cross", scene.symbol, {"leverage": 3}))


@check("takes one-way position mode", "setPositionMode", perpetual=True)
def position_mode(scene):
    unless_unchanged(lambda: scene.client.set_position_mode(False, scene.symbol))


@check("tells the tiers of leverage", "fetchMarketLeverageTiers", perpetual=True)
def tiers(scene):
    holds(scene.client.fetch_market_leverage_tiers(scene.symbol)[0]["maxLeverage"] > 1, "tiers")


@check("shows the position with its side, size and entry", "fetchPositions", perpetual=True)
def position(scene):
    scene.close_position()
    scene.limit("sell", 0.99, {"timeInForce": "IOC"})
    found = scene.client.fetch_positions([scene.symbol])[0]
    same(
        (found["side"], found["contracts"] * scene.contract_size, found["symbol"]),
        ("short", scene.market["amount"], scene.symbol),
        "position",
    )
    holds(abs(found["entryPrice"] - MID_PRICE) < 0.001, found["entryPrice"])


@check("tells the funding rate and when it is due", "fetchFundingRate", perpetual=True)
def funding_rate(scene):
    holds(scene.client.fetch_funding_rate(scene.symbol)["fundingRate"] > 0, "rate")


@check("settles funding, and tells what was paid", "fetchFundingHistory", "fetchFundingRateHistory", perpetual=True)
def funding(scene):
    scene.close_position()
    scene.limit("sell", 0.99, {"timeInForce": "IOC"})
    scene.truth.pass_market(8 * HOUR_MS)
    income = [row for row in scene.truth.read("income") if row["type"] == "FUNDING_FEE" and row["account"] == "main"]
    holds(income, "nothing was settled")
    payments = scene.client.fetch_funding_history(scene.symbol)
    sign = -1 if scene.case.get("fundingPayments") == "paid" else 1
    received = sorted(row["amount"] * sign for row in payments)
    same(received, sorted(float(row["amount"]) for row in income), "funding payments")
    holds(all(amount > 0 for amount in received), "a short receives a positive rate")
    holds(scene.client.fetch_funding_rate_history(scene.symbol)[-1]["fundingRate"] > 0, "history")


@check("closes reduce-only, and refuses to reduce what is not there", perpetual=True)
def reduce_only(scene):
    scene.close_position()
    same(scene.true_quantity(), 0, "position")
    refused = or_none(lambda: scene.limit("buy", 1.01, {"timeInForce": "IOC", "reduceOnly": True}))
    if refused is not None:
        same(scene.fetched(refused)["filled"], 0, "filled")
    same(scene.true_quantity(), 0, "position")
