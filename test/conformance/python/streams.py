"""Websockets: prices, books and trades in public; orders, trades, balances and positions in private."""

import asyncio

from scene import holds, same

STREAMS = []


def stream(name, need, perpetual=False):
    def register(run):
        STREAMS.append({"name": name, "needs": (need,), "feature": None, "perpetual": perpetual, "run": run})
        return run

    return register


async def while_trading(scene, watching):
    """A subscription is not acknowledged to the caller: orders are sent until one of them is seen."""
    task = asyncio.ensure_future(watching)
    sides = [("sell", 0.99), ("buy", 1.01)]
    while not task.done():
        await asyncio.to_thread(scene.limit, *sides[0], {"timeInForce": "IOC"})
        sides.reverse()
        await asyncio.wait([task], timeout=0.1)
    return task.result()


@stream("streams the ticker", "watchTicker")
async def ticker(scene):
    holds((await scene.stream.watch_ticker(scene.symbol))["last"] > 0, "last")


@stream("streams the best prices", "watchBidsAsks")
async def best(scene):
    found = (await scene.stream.watch_bids_asks([scene.symbol]))[scene.symbol]
    holds(found["bid"] < found["ask"], found)


@stream("streams the book that REST shows, through changes", "watchOrderBook")
async def book(scene):
    await scene.stream.watch_order_book(scene.symbol)
    order = await asyncio.to_thread(scene.limit, "buy", 0.95)
    price = (await asyncio.to_thread(scene.fetched, order))["price"]
    while True:
        found = await scene.stream.watch_order_book(scene.symbol)
        if any(level[0] == price for level in found["bids"]):
            break
    rest = await asyncio.to_thread(scene.client.fetch_order_book, scene.symbol, 10)
    same([level[:2] for level in list(found["bids"])[:5]], [level[:2] for level in rest["bids"][:5]], "bids")
    await asyncio.to_thread(scene.client.cancel_order, order["id"], scene.symbol)
    while any(level[0] == price for level in (await scene.stream.watch_order_book(scene.symbol))["bids"]):
        pass


@stream("streams public trades", "watchTrades")
async def trades(scene):
    found = await while_trading(scene, scene.stream.watch_trades(scene.symbol))
    holds(any(trade["amount"] == scene.amount() for trade in found), found)


@stream("streams the orders of the account", "watchOrders")
async def orders(scene):
    async def closed():
        while True:
            for order in await scene.stream.watch_orders(scene.symbol):
                if order["status"] == "closed":
                    return order

    order = await while_trading(scene, closed())
    same((await asyncio.to_thread(scene.fetched, order))["status"], "closed", "status")


@stream("streams the trades of the account", "watchMyTrades")
async def my_trades(scene):
    found = await while_trading(scene, scene.stream.watch_my_trades(scene.symbol))
    same(found[0]["amount"], scene.amount(), "amount")
    holds(found[0]["order"], "order id")


@stream("streams balances", "watchBalance")
async def balance(scene):
    found = await while_trading(scene, scene.stream.watch_balance())
    holds(any((found.get(currency) or {}).get("total") for currency in scene.case["balances"]), found)


@stream("streams positions", "watchPositions", perpetual=True)
async def positions(scene):
    found = await while_trading(scene, scene.stream.watch_positions([scene.symbol]))
    holds(any(row["symbol"] == scene.symbol for row in found), found)
