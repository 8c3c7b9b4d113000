/**
 * An adapter from outside ccxt: the smallest one that the port admits, of an imagined exchange on a chain. It is the
 * example of CONTRIBUTING.md. Its orders carry a name of ours for ever and a deadline of the chain, so that a repeated
 * or late one can never become a second order.
 */
import { decimal, floorToStep, toText } from '../../../src/domain/decimal.ts';
import type { Instrument } from '../../../src/domain/instrument.ts';
import type { SubmitOutcome } from '../../../src/domain/order.ts';
import { VenueError, type Venue, type VenueCapabilities, type VenueOrder } from '../../../src/ports/venue.ts';
import { isRecord, list, record, text, timeMs, type RawRecord } from '../../../src/venues/capabilities/raw.ts';

const expiryMs = 5_000;
const marginMs = 1_000;

export const capabilities: VenueCapabilities = {
  venue: 'chainperps',
  clientOrderIdForm: 'hex',
  clientOrderIdScope: 'forever',
  requestExpiry: { mechanism: 'deadline of the transaction', expiryMs },
  visibilityLagMs: 2_000,
  spotFeeCurrency: 'quote',
  fundingDelayMs: 60_000,
  orderKinds: ['ioc'],
};

export const instrument: Instrument = {
  venue: 'chainperps',
  symbol: 'USDC/USD:USD',
  kind: 'perpetual',
  base: 'USDC',
  quote: 'USD',
  settle: 'USD',
  contractSize: '1',
  priceTick: '0.0001',
  quantityStep: '1',
  minimumQuantity: '1',
  minimumNotional: '0',
  feeCurrency: 'quote',
};

/** Definite: the contract reverted, and says why. Everything else proves nothing. */
const rejections = {
  NOT_ENOUGH_COLLATERAL: 'insufficient_balance',
  NOT_REDUCING: 'reduce_only_rejected',
  DEADLINE_PASSED: 'expired',
} as const;

export interface OutsideSettings {
  readonly account: string;
  readonly address: string;
  readonly nowMs: () => number;
}

export function createOutsideVenue({ account, address, nowMs }: OutsideSettings): Venue {
  async function ask(method: 'GET' | 'POST', path: string, body?: object): Promise<{ status: number; body: unknown }> {
    const reply = await fetch(`${address}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const told: unknown = await reply.json();
    return { status: reply.status, body: told };
  }

  async function read(path: string): Promise<RawRecord> {
    const { status, body } = await ask('GET', path).catch(() => {
      throw new VenueError('unavailable', `chainperps: ${path} was not answered`);
    });
    if (status === 404) throw new VenueError('not_found', `chainperps: nothing at ${path}`);
    return record(body, path);
  }

  async function submit(request: Parameters<Venue['submit']>[0]): Promise<SubmitOutcome> {
    const unsent = (reason: string): SubmitOutcome => ({ kind: 'not_sent', reason });
    if (request.timeInForce !== 'ioc') return unsent(`chainperps takes no ${request.timeInForce} orders`);
    if (nowMs() > request.sendByMs) return unsent('its time to leave has passed');
    const order = {
      name: request.clientOrderId,
      side: request.side,
      size: toText(floorToStep(decimal(request.quantityBase), decimal(instrument.quantityStep))),
      price: request.limitPrice,
      reduceOnly: request.reduceOnly,
      deadlineMs: nowMs() + expiryMs,
    };
    try {
      const { status, body } = await ask('POST', '/orders', order);
      if (status === 200 && isRecord(body)) return { kind: 'accepted', venueOrderId: text(body['id'], 'order id') };
      return refused(status, body);
    } catch {
      return { kind: 'unknown', reason: 'no whole answer' };
    }
  }

  async function orderNamed(name: string): Promise<VenueOrder | null> {
    const found = await read(`/order?name=${name}`).catch((error: unknown) => {
      if (error instanceof VenueError && error.kind === 'not_found') return null;
      throw error;
    });
    if (found === null) return null;
    return {
      venueOrderId: text(found['id'], 'order id'),
      clientOrderId: text(found['name'], 'name'),
      symbol: instrument.symbol,
      side: found['side'] === 'buy' ? 'buy' : 'sell',
      quantityBase: text(found['size'], 'size'),
      filledBase: text(found['filled'], 'filled'),
      status: 'done',
    };
  }

  const serverTimeMs = async (): Promise<number> => timeMs((await read('/time'))['nowMs'], 'time');
  const fills = async (query: string): ReturnType<Venue['orderFills']> =>
    list((await read(`/fills?${query}`))['fills'], 'fills').map((row) => fillOf(record(row, 'fill')));

  return {
    account,
    capabilities,
    instruments: async (symbols) => symbols.map(instrumentNamed),
    serverTimeMs,
    // Margin is crossed and positions are net, always.
    prepare: () => Promise.resolve(),
    submit,
    async lookUp({ clientOrderId, sendByMs }) {
      // Its clock first: what is read afterwards is at least as new.
      const venueNowMs = await serverTimeMs();
      const order = await orderNamed(clientOrderId);
      if (order !== null) return { kind: 'found', order };
      const remainingMs = sendByMs + expiryMs + marginMs + capabilities.visibilityLagMs - venueNowMs;
      if (remainingMs < 0) return { kind: 'absent' };
      return { kind: 'not_yet_known', retryAtMs: nowMs() + 500, reason: `it may appear for ${remainingMs} ms` };
    },
    // Nothing rests.
    cancel: () => Promise.resolve(),
    orderFills: ({ venueOrderId }) => fills(`order=${venueOrderId}`),
    fillsSince: (_symbol, sinceMs) => fills(`since=${sinceMs}`),
    fundingPaymentsSince: () => Promise.resolve([]),
    async reading() {
      const readAtMs = nowMs();
      const held = await read('/account');
      const collateral = text(held['collateral'], 'collateral');
      return {
        account,
        balances: [{ currency: 'USD', total: collateral, free: collateral }],
        positions: [],
        openOrderIds: [],
        freeMargin: collateral,
        readAtMs,
      };
    },
    // A wallet's key may do everything.
    permissions: () => Promise.resolve({ trade: ['perpetual'], withdraw: true }),
    close: () => Promise.resolve(),
  };
}

function instrumentNamed(symbol: string): Instrument {
  if (symbol === instrument.symbol) return instrument;
  throw new VenueError('bad_symbol', `chainperps: ${symbol} does not exist; there is ${instrument.symbol}`);
}

function refused(status: number, body: unknown): SubmitOutcome {
  const code = isRecord(body) ? String(body['reverted']) : '';
  const category = Object.entries(rejections).find(([known]) => known === code)?.[1];
  if (status !== 422 || category === undefined) return { kind: 'unknown', reason: `HTTP ${status} ${code}` };
  return { kind: 'rejected', reason: code, category, code, retryAfterMs: category === 'expired' ? 250 : null };
}

function fillOf(row: RawRecord): Awaited<ReturnType<Venue['orderFills']>>[number] {
  return {
    venueOrderId: text(row['order'], 'order id'),
    tradeId: text(row['id'], 'fill id'),
    symbol: instrument.symbol,
    side: row['side'] === 'buy' ? 'buy' : 'sell',
    price: text(row['price'], 'price'),
    quantityBase: text(row['size'], 'size'),
    fee: text(row['fee'], 'fee'),
    feeCurrency: 'USD',
    role: 'taker',
    executedAtMs: timeMs(row['atMs'], 'time'),
  };
}
