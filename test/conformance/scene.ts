/** One market under test: the client, what the exchange is expected to do, and the simulator's own account of it. */
import assert from 'node:assert/strict';
import type { Order, Trade } from 'ccxt';
import { row, rows } from '../sim/support/json.ts';
import type { Closing, RunningSimulator } from '../sim/support/simulator.ts';
import type { ByClientId, MarketCase, VenueCase } from './cases.ts';
import { midPrice } from './cases.ts';
import type { Client } from './client.ts';

export interface Scene {
  readonly venue: string;
  readonly expected: VenueCase;
  readonly market: MarketCase;
  readonly client: Client;
  readonly simulator: RunningSimulator;
  readonly closing: Closing;
}

export interface Check {
  readonly name: string;
  /** Methods of ccxt; where one is lacking, the check is replaced by its reason. */
  readonly needs?: readonly string[];
  /** Something without a method of its own that an exchange may lack. */
  readonly feature?: string;
  /** Of perpetuals alone. */
  readonly perpetual?: true;
  run(scene: Scene): Promise<void>;
}

export type Side = 'buy' | 'sell';

let clientIds = 0;

/** 32 hexadecimal digits: taken by every exchange of the suite. */
export function newClientOrderId(): string {
  clientIds += 1;
  return clientIds.toString(16).padStart(32, 'b');
}

/** Contracts, as ccxt counts perpetuals; base units otherwise. */
export function amountOf({ market }: Scene, baseQuantity: number): number {
  return baseQuantity / (market.contractSize ?? 1);
}

/** A price on the market's grid at a multiple of the mid price. */
export function priceAt({ client, market }: Scene, factor: number): number {
  return Number(client.priceToPrecision(market.symbol, Number(midPrice) * factor));
}

/** A limit order with a client id of ours; what the exchange says of it is fetched. */
export async function limit(
  scene: Scene,
  side: Side,
  factor: number,
  params: Record<string, unknown> = {},
  baseQuantity: number = scene.market.amount,
): Promise<Order> {
  const { client, market, expected } = scene;
  const named = { [expected.clientOrderId.create]: newClientOrderId(), ...asTaken(scene, params) };
  return await client.createOrder(
    market.symbol,
    'limit',
    side,
    amountOf(scene, baseQuantity),
    priceAt(scene, factor),
    named,
  );
}

/** The time in force in the way in which ccxt takes it for this exchange. */
function asTaken({ expected }: Scene, params: Record<string, unknown>): Record<string, unknown> {
  const { timeInForce, ...others } = params;
  const way = typeof timeInForce === 'string' ? expected.timesInForce?.[timeInForce] : undefined;
  return way === undefined ? params : { ...others, ...way };
}

export function idOf(order: Order): string {
  assert.ok(order.id !== undefined && order.id !== '', 'an order without an id');
  return order.id;
}

export async function fetched({ client, market, expected }: Scene, order: Order): Promise<Order> {
  return await client.fetchOrder(idOf(order), market.symbol, { ...expected.fetchParams });
}

/** The parameters that name an order by its client id. */
export function named({ params = {} }: ByClientId, clientOrderId: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).map(([key, value]) => [key, value === '$' ? clientOrderId : value]));
}

/** Lists of orders that ccxt offers for this exchange. */
export async function doneOrders({ client, market }: Scene): Promise<Order[]> {
  const lists: Order[][] = [];
  for (const method of ['fetchClosedOrders', 'fetchCanceledOrders'] as const) {
    // `emulated` counts: ccxt picks them out of all orders.
    if (client.has[method] === true || client.has[method] === 'emulated')
      lists.push(await client[method](market.symbol));
  }
  return lists.flat();
}

/** What the simulator holds, as its control API tells it. */
export async function truth(scene: Scene, part: string): Promise<Readonly<Record<string, unknown>>[]> {
  return rows(await scene.simulator.control('GET', `/venues/${scene.venue}/${part}`));
}

/** The trades of one order by the simulator's account of them: price, base quantity, fee, currency. */
export async function trueTrades(scene: Scene, orderId: string): Promise<[number, number, number, unknown][]> {
  const trades = await truth(scene, 'trades');
  return trades
    .filter((trade) => trade['orderId'] === orderId)
    .map(({ price, quantityBase, fee, feeCurrency }) => [
      Number(price),
      Number(quantityBase),
      Number(fee),
      feeCurrency,
    ]);
}

/** The same of ccxt's trades. */
export function tradeFigures(scene: Scene, trade: Trade): [number, number, number, unknown] {
  const quantity = (trade.amount ?? NaN) * (scene.market.contractSize ?? 1);
  return [trade.price ?? NaN, quantity, trade.fee?.cost ?? NaN, trade.fee?.currency];
}

/** Trades of one order, as its account reads them: several pages if need be. */
export async function myTrades({ client, market }: Scene, order: Order): Promise<Trade[]> {
  const trades = await client.fetchMyTrades(market.symbol);
  return trades.filter((trade) => trade.order === order.id);
}

export async function trueBalance(scene: Scene, currency: string): Promise<{ total: number; held: number }> {
  const balances = await truth(scene, 'balances');
  const balance = row(balances.find((entry) => entry['currency'] === currency && entry['account'] === 'main') ?? {});
  return { total: Number(balance['total'] ?? 0), held: Number(balance['held'] ?? 0) };
}

/** A list of lists, such as the levels of a book. */
export function tuples(value: unknown): unknown[][] {
  assert.ok(
    Array.isArray(value) && value.every((entry) => Array.isArray(entry)),
    `not levels: ${JSON.stringify(value)}`,
  );
  return value.map((entry: unknown[]) => entry);
}

/** Signed base units, of the main account. */
export async function trueQuantity(scene: Scene): Promise<number> {
  const positions = await truth(scene, 'positions');
  const mine = positions.filter((position) => position['account'] === 'main');
  return mine.reduce((sum, position) => sum + Number(position['quantityBase']), 0);
}

/** Leaves spot alone: it has no positions. */
export async function closePosition(scene: Scene): Promise<void> {
  const quantity = await trueQuantity(scene);
  if (quantity === 0) return;
  const isShort = quantity < 0;
  const params = { timeInForce: 'IOC', reduceOnly: true };
  await limit(scene, isShort ? 'buy' : 'sell', isShort ? 1.01 : 0.99, params, Math.abs(quantity));
}

/** Without a position, whose profit exchanges count in different ways, totals are what the simulator holds. */
export async function balancesAreTrue(scene: Scene): Promise<void> {
  await closePosition(scene);
  const balance = await scene.client.fetchBalance();
  for (const currency of Object.keys(scene.expected.balances)) {
    assert.equal(balance[currency]?.total, (await trueBalance(scene, currency)).total, currency);
  }
}
