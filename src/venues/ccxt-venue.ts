/** A venue account behind the port `Venue`, through ccxt: the same code for a real and for a simulated exchange. */
import type { DecimalText } from '../domain/decimal.ts';
import type { SubmitOutcome } from '../domain/order.ts';
import type { Clock } from '../ports/clock.ts';
import { VenueError, type Venue, type VenueOrderRequest } from '../ports/venue.ts';
import { accountReading, prepareAccount } from './account/account.ts';
import { guardByDeadMan } from './orders/dead-man.ts';
import { createExchange, type PaceShare, type VenueCredentials, type VenueEndpoint } from './exchange.ts';
import { fillsBetween, fillsOfOrder, fundingPaymentsBetween } from './orders/fills.ts';
import { createHttpTransport } from './calls/http-transport.ts';
import { tradableInstrumentOf } from './markets/instruments.ts';
import { liquidationChargesBetween } from './account/liquidation-charges.ts';
import { keyPermissions } from './account/key-permissions.ts';
import { interestBetween } from './account/loans.ts';
import { lookUpOrder, venueTimeMs } from './orders/look-up.ts';
import { openOrders } from './orders/open-orders.ts';
import { createOrderNames } from './orders/order-names.ts';
import { createMarketList, type MarketList } from './markets/market-list.ts';
import { venueDialect } from './registry.ts';
import { createOrderHints } from './orders/order-hints.ts';
import type { Pace } from './calls/pacer.ts';
import { createSignedTurns } from './calls/signed-turns.ts';
import { submitOrder } from './orders/submit.ts';
import { defaultDeadlineMs, read, type VenueCaller } from './calls/venue-call.ts';
import type { ExactExchange } from './exact-exchange.ts';

export interface CcxtVenueSettings {
  /** Configured name of the account. */
  readonly account: string;
  /** ccxt id of the exchange. */
  readonly venue: string;
  readonly credentials: VenueCredentials;
  /** A simulated exchange's addresses; null is the real exchange. */
  readonly endpoint: VenueEndpoint | null;
  readonly clock: Clock;
  /** Further ccxt options of the account, such as its sub-account. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Coins that its spot orders may borrow; none unless given. */
  readonly borrowedCoins?: readonly string[];
  /** At the exchange's testnet. */
  readonly sandbox?: boolean;
  /** Of the documented request rates; the whole of them unless given. */
  readonly paceShare?: PaceShare;
  /** Market time at the venue for a wall time; the same unless the exchange is simulated on another clock. */
  readonly marketTimeOf?: (wallMs: number) => number;
  /** Of one HTTP exchange, wall time; 4 s unless given. */
  readonly deadlineMs?: number;
  /** Of this account's reads, where its tier allows more or less than the venue's usual pace. */
  readonly readPace?: Pace;
}

/** Lists are read to this much wall time beyond now, so that a clock difference hides nothing. */
const futureMarginMs = 60_000;

/**
 * Connects and warms up: market list, account kind and clock are read here, so that the first order costs one
 * request. @throws VenueError when the venue is not served, or cannot be reached with these credentials.
 */
export async function createCcxtVenue(settings: CcxtVenueSettings): Promise<Venue> {
  const { borrowedCoins = [] } = settings;
  const dialect = venueDialect(settings.venue);
  const { ordersRefused } = dialect.capabilities;
  if (ordersRefused !== undefined) throw new VenueError('bad_request', ordersRefused);
  const { account, credentials, clock } = settings;
  const transport = createHttpTransport(settings.endpoint?.rest ?? null, clock);
  const turns = dialect.noncesMustIncrease ? { turns: createSignedTurns() } : {};
  const pace = settings.readPace === undefined ? {} : { pace: settings.readPace };
  const reads = createExchange({ ...settings, dialect, transport, use: 'reads', ...turns, ...pace });
  const orders = createExchange({ ...settings, dialect, transport, use: 'orders', ...turns });
  const caller: VenueCaller = { dialect, credentials, clock, deadlineMs: settings.deadlineMs ?? defaultDeadlineMs };
  // What an order has become, before what an account holds; a cancel, before any order but those that are tried again.
  const urgent: VenueCaller = { ...caller, urgency: 2 };
  const marketTimeOf = settings.marketTimeOf ?? ((wallMs: number) => wallMs);
  const untilMs = (): number => Math.ceil(marketTimeOf(clock.nowMs() + futureMarginMs));

  const names = createOrderNames();

  const marketList = createMarketList(reads, caller, [orders]);
  await warmUp(reads, orders, caller, marketList).catch((error: unknown) => {
    transport.close();
    throw error;
  });

  const hints = createOrderHints(reads.has['watchOrders'] === true, () => {
    const stream = createExchange({ ...settings, dialect, transport, use: 'stream', ...turns });
    stream.setMarketsFromExchange(reads);
    for (const name of [...dialect.learnedOptions, 'timeDifference']) stream.options[name] = reads.options[name];
    return stream;
  });

  async function submit(request: VenueOrderRequest): Promise<SubmitOutcome> {
    const outcome = await submitOrder(orders, caller, request);
    if (outcome.kind === 'accepted') names.note(request.symbol, outcome.venueOrderId, request.clientOrderId);
    if (outcome.kind === 'rejected' && outcome.category === 'expired') {
      // Not awaited: the outcome must not wait for another request.
      void measureClock([reads, orders], caller).catch(() => undefined);
    }
    return outcome;
  }

  async function cancel(order: { clientOrderId: string; venueOrderId: string | null; symbol: string }): Promise<void> {
    const byClientId = order.venueOrderId === null ? dialect.cancelByClientId : null;
    const id = byClientId === null ? (order.venueOrderId ?? (await openOrderId(order))) : undefined;
    // It is gone already, filled or cancelled: the look-up tells.
    if (id === null) return;
    const params = byClientId === null ? {} : byClientId(order.clientOrderId);
    try {
      await read(urgent, 'cancel', () => orders.cancelOrder(id, order.symbol, params));
    } catch (error) {
      if (error instanceof VenueError && error.kind === 'not_found') return;
      throw error;
    }
  }

  async function openOrderId(order: { clientOrderId: string; symbol: string }): Promise<string | null> {
    const open = await openOrders(reads, urgent, order.symbol, {});
    return open.find((one) => one.clientOrderId === order.clientOrderId)?.id ?? null;
  }

  return {
    account,
    capabilities: dialect.capabilities,
    async instruments(symbols) {
      await marketList.refresh(symbols);
      return symbols.map((symbol) => tradableInstrumentOf(reads, dialect, symbol));
    },
    serverTimeMs: () => venueTimeMs(reads, caller),
    prepare: (symbols, leverage: DecimalText) => prepareAccount(reads, caller, symbols, leverage),
    submit,
    lookUp: (query) => {
      const asking = query.isPatient === true ? caller : urgent;
      return lookUpOrder({ exchange: reads, caller: asking, marketTimeOf, names }, query);
    },
    cancel,
    orderFills: (order) => fillsOfOrder(reads, urgent, order),
    fillsSince: (symbol, sinceMs) => fillsBetween(reads, caller, symbol, sinceMs, untilMs()),
    fundingPaymentsSince: (symbol, sinceMs) => fundingPaymentsBetween(reads, caller, symbol, sinceMs, untilMs()),
    liquidationCharges: (sinceMs, toMs) => liquidationChargesBetween(reads, caller, sinceMs, Math.min(toMs, untilMs())),
    ...(borrowedCoins.length === 0
      ? {}
      : { interestSince: (sinceMs: number) => interestBetween(reads, caller, sinceMs, untilMs()) }),
    reading(symbols) {
      // Read every few seconds for as long as the account is watched. Not awaited: what is held does not wait for a list.
      void marketList.refresh(symbols);
      return accountReading(reads, caller, account, symbols, borrowedCoins);
    },
    followOrders: (symbol, onHint, signal) => hints.follow(symbol, onHint, signal),
    guard: (deadMan) => guardByDeadMan(reads, caller, deadMan),
    permissions: async () => (await read(caller, 'permissions', () => keyPermissions(dialect, reads))).value,
    async close() {
      hints.close();
      await Promise.allSettled([reads.close(), orders.close()]);
      transport.close();
    },
  };
}

async function warmUp(
  reads: ExactExchange,
  orders: ExactExchange,
  caller: VenueCaller,
  marketList: MarketList,
): Promise<void> {
  await marketList.refresh();
  await measureClock([reads, orders], caller);
  if (reads.isUnifiedEnabled !== undefined) {
    await read(caller, 'account kind', () => reads.isUnifiedEnabled?.() ?? Promise.resolve());
  }
  if (reads.loadLeverageBrackets !== undefined && caller.dialect.kinds.includes('perpetual')) {
    await read(caller, 'leverage brackets', () => reads.loadLeverageBrackets?.() ?? Promise.resolve());
  }
  for (const name of caller.dialect.learnedOptions) orders.options[name] = reads.options[name];
}

/** How far this machine's clock is ahead of the venue's, taken from the middle of one request. */
async function measureClock(exchanges: readonly ExactExchange[], caller: VenueCaller): Promise<void> {
  const [first] = exchanges;
  if (first === undefined) return;
  const beforeMs = caller.clock.nowMs();
  const time = await read(caller, 'server time', () => first.fetchTime());
  const afterMs = caller.clock.nowMs();
  if (typeof time.value !== 'number') return;
  const leadMs = Math.round((beforeMs + afterMs) / 2 - time.value);
  for (const exchange of exchanges) exchange.options['timeDifference'] = leadMs;
}
