/** The control API: state, prices, balances and faults, for tests and the fault harness. Loopback only. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { decimal, toText } from '../domain/decimal.ts';
import type { Exchange, ScriptedLevels, SimClock } from './exchange.ts';
import type { Faults } from './faults.ts';
import type { NewFault } from './fault-rule.ts';
import { parseFault, ruleView } from './fault-rule.ts';
import { collectBody } from './http.ts';
import { isObject, isPlainNumber } from './json.ts';
import { stateView } from './state-view.ts';

export interface ControlOptions {
  readonly exchanges: ReadonlyMap<string, Exchange>;
  readonly faults: Faults;
  readonly clock: SimClock;
  durable(): Promise<void>;
  /** Closes the websockets of a venue, or of all with `*`. */
  dropSockets(venue: string): void;
}

class ControlError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'ControlError';
    this.status = status;
  }
}

type Body = Readonly<Record<string, unknown>>;

export function createControlServer(options: ControlOptions): Server {
  return createServer((incoming, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    handle(options, incoming).then(
      (body) => answer(200, body),
      (error: unknown) => {
        const status = error instanceof ControlError ? error.status : 500;
        answer(status, { error: error instanceof Error ? error.message : String(error) });
      },
    );
  });
}

async function handle(options: ControlOptions, incoming: IncomingMessage): Promise<unknown> {
  const text = await new Promise<string | null>((resolve) => collectBody(incoming, resolve));
  if (text === null) throw new ControlError(413, 'the body is too large');
  const { pathname } = new URL(`http://control${incoming.url ?? '/'}`);
  const result = route(options, incoming.method ?? 'GET', pathname.split('/').filter(Boolean), parseBody(text));
  await options.durable();
  return result;
}

function route(options: ControlOptions, method: string, parts: readonly string[], body: Body): unknown {
  const [head = '', second, third] = parts;
  switch (`${method} ${head}`) {
    case 'GET clock':
      return { marketMs: options.clock.marketMs(), wallMs: options.clock.wallMs() };
    case 'GET faults':
      return options.faults.list();
    case 'POST faults': {
      const rule = options.faults.add(newFault(options, body));
      if (rule.kind === 'venue_down' || rule.kind === 'ws_close') options.dropSockets(rule.venue);
      return { ...ruleView(rule), hits: rule.kind === 'ws_close' ? 1 : 0 };
    }
    case 'DELETE faults':
      return { removed: options.faults.clear(second) };
    case 'POST sockets':
      options.dropSockets(body['venue'] === undefined ? '*' : text(body, 'venue'));
      return {};
    case 'POST tape':
      if (second !== 'stop') break;
      for (const exchange of options.exchanges.values()) exchange.stopTape();
      return {};
    case 'GET venues':
      if (second === undefined) return [...options.exchanges.keys()];
      return venueState(venueNamed(options, second), third);
    case 'POST venues':
      if (second === undefined) break;
      return changeVenue(venueNamed(options, second), third ?? '', body);
    default:
  }
  throw new ControlError(404, `no such endpoint: ${method} /${parts.join('/')}`);
}

function venueNamed(options: ControlOptions, name: string): Exchange {
  const exchange = options.exchanges.get(name);
  if (exchange === undefined) throw new ControlError(404, `no venue ${name}`);
  return exchange;
}

function venueState(exchange: Exchange, part: string | undefined): unknown {
  exchange.advance();
  const view: Readonly<Record<string, unknown>> = stateView(exchange);
  if (part === undefined) return view;
  if (!(part in view)) throw new ControlError(404, `no such state: ${part}; known: ${Object.keys(view).join(', ')}`);
  return view[part];
}

function changeVenue(exchange: Exchange, action: string, body: Body): unknown {
  if (action === 'prices') {
    const symbol = text(body, 'symbol');
    const market = [...exchange.state.markets.values()].find(
      ({ instrument }) => instrument.symbol === symbol || instrument.id === symbol,
    );
    if (market === undefined) throw new ControlError(400, `symbol: not listed: ${symbol}`);
    const bids = levels(body, 'bids');
    const asks = levels(body, 'asks');
    if ((bids === null) !== (asks === null)) throw new ControlError(400, 'bids and asks: give both or neither');
    exchange.setLevels(market.instrument.id, decimal(number(body, 'centre')), bids, asks);
    return { centre: toText(market.house.centre ?? decimal('0')) };
  }
  if (action === 'balances') {
    const account = text(body, 'account');
    if (!exchange.state.accounts.has(account)) throw new ControlError(400, `account: no such account: ${account}`);
    const amount = text(body, 'amount');
    if (!/^-?\d+(\.\d+)?$/.test(amount)) throw new ControlError(400, 'amount: must be a decimal in quotes');
    exchange.adjustBalance(account, text(body, 'currency'), decimal(amount));
    return {};
  }
  throw new ControlError(404, `no such action: ${action}`);
}

function parseBody(textBody: string): Body {
  if (textBody === '') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(textBody);
  } catch {
    throw new ControlError(400, 'the body is not JSON');
  }
  if (!isObject(parsed)) throw new ControlError(400, 'the body must be an object');
  return parsed;
}

function newFault(options: ControlOptions, body: Body): NewFault {
  const parsed = parseFault(body);
  if (parsed.kind === 'invalid') throw new ControlError(400, parsed.problem);
  const { venue = '*' } = parsed.fault;
  if (venue !== '*' && !options.exchanges.has(venue)) throw new ControlError(400, `venue: no venue ${venue}`);
  return parsed.fault;
}

function text(body: Body, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '') throw new ControlError(400, `${name}: must be text`);
  return value;
}

function number(body: Body, name: string): string {
  const value = text(body, name);
  if (!isPlainNumber(value)) throw new ControlError(400, `${name}: must be a decimal in quotes`);
  return value;
}

/** `[["0.9996", "1000"], …]`, best first. */
function levels(body: Body, name: string): ScriptedLevels | null {
  const value = body[name];
  if (value === undefined) return null;
  if (!Array.isArray(value)) throw new ControlError(400, `${name}: must be a list of [price, quantity]`);
  return value.map((level: unknown): [string, string] => {
    const [price, quantity] = Array.isArray(level) ? (level as unknown[]) : [];
    if (
      typeof price !== 'string' ||
      typeof quantity !== 'string' ||
      !isPlainNumber(price) ||
      !isPlainNumber(quantity)
    ) {
      throw new ControlError(400, `${name}: must be a list of [price, quantity], decimals in quotes`);
    }
    return [price, quantity];
  });
}
