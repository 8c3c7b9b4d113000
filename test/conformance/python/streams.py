"""Websockets: prices, books and trades in public; orders, trades, balances and positions in private."""

import asyncio

from scene import holds, same

STREAMS = []


def stream(name, need, feature=None, perpetual=False):
    def register(run):
        STREAMS.append({"name": name, "needs": (need,), "feature": feature, "perpetual": perpetual, "run": run})
        return run

    return register


async def while_trading(scene, watching):
    """A subscription is not acknowledged to the caller: orders are sent until one of them is seen."""
    sides = [("sell", 0.99), ("buy", 1.01)]

    async def trade():
        await asyncio.to_thread(scene.limit, *sides[0], {"timeInForce": "IOC"})
        sides.reverse()

    return await repeatedly(watching, trade)


async def repeatedly(watching, act):
    """Acts until what is watched has come."""
    task = asyncio.ensure_future(watching)
    try:
        while not task.done():
            await act()
            await asyncio.wait([task], timeout=0.1)
        return task.result()
    finally:
        task.cancel()


@stream("streams the ticker", "watchTicker")
async def ticker(scene):
    holds((await scene.stream.watch_ticker(scene.symbol))["last"] > 0, "last")


@stream("streams the best prices", "watchBidsAsks")
async def best(scene):
    found = (await scene.stream.watch_bids_asks([scene.symbol]))[scene.symbol]
    holds(found["bid"] < found["ask"], found)


@stream("streams the book that REST shows, through changes", "watchOrderBook")
async def book(scene):
    # Near the best price: streamed books are cut to a few levels.
    price = scene.price(0.9998)

    def resting(found):
        return next((level[1] for level in found["bids"] if level[0] == price), 0)

    async def until(fits):
        while not fits(resting(found := await scene.stream.watch_order_book(scene.symbol))):
            pass
        return found

    # Watched from before each change: some exchanges tell of it once, and ccxt tells nobody who comes later.
    before = resting(await scene.stream.watch_order_book(scene.symbol))
    shown = asyncio.ensure_future(until(lambda now: now > before))
    order = await asyncio.to_thread(scene.limit, "buy", 0.9998)
    found = await shown
    told = [level[:2] for level in list(found["bids"])[:5]]
    rest = await asyncio.to_thread(scene.client.fetch_order_book, scene.symbol, 10)
    same(told, [level[:2] for level in rest["bids"][:5]], "bids")
    gone = asyncio.ensure_future(until(lambda now: now == before))
    await asyncio.to_thread(scene.client.cancel_order, order["id"], scene.symbol)
    await gone


@stream("streams public trades", "watchTrades")
async def trades(scene):
    found = await while_trading(scene, scene.stream.watch_trades(scene.symbol))
    holds(any(trade["amount"] == scene.amount() for trade in found), found)


@stream("streams an order that rests, and its end", "watchOrders")
async def resting_order(scene):
    async def ended():
        rested = set()
        while True:
            for order in await scene.stream.watch_orders(scene.symbol):
                # Where ccxt is not told that a resting order is open, it says nothing of its status.
                if order["status"] in ("open", None):
                    rested.add(order["id"])
                if order["status"] == "canceled" and order["id"] in rested:
                    return order

    async def rest():
        order = await asyncio.to_thread(scene.limit, "buy", 0.9)
        await asyncio.sleep(0.1)
        await asyncio.to_thread(scene.client.cancel_order, order["id"], scene.symbol)

    await repeatedly(ended(), rest)


@stream("streams the orders of the account", "watchOrders", feature="watchOrders.taken")
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
    wallet = scene.case.get("streamedWallet")

    async def told():
        while True:
            found = await scene.stream.watch_balance()
            held = found if wallet is None else found.get(wallet) or {}
            if any((held.get(currency) or {}).get("total") for currency in scene.case["balances"]):
                return

    await while_trading(scene, told())


@stream("streams positions", "watchPositions", perpetual=True)
async def positions(scene):
    async def told():
        # An exchange may first tell that there is none.
        while True:
            found = await scene.stream.watch_positions([scene.symbol])
            if any(row["symbol"] == scene.symbol for row in found):
                return

    await while_trading(scene, told())
