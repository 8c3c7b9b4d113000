/** The control API: state, prices, balances and faults, for tests and the fault harness. Loopback only. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Body } from './control-body.ts';
import { ControlError, text } from './control-body.ts';
import { changeVenue } from './control-actions.ts';
import type { Exchange, SimClock } from '../exchange/exchange.ts';
import type { Faults } from '../faults/faults.ts';
import type { NewFault } from '../faults/fault-rule.ts';
import { parseFault, ruleView } from '../faults/fault-rule.ts';
import { collectBody } from '../server/http.ts';
import { isObject } from '../json.ts';
import { stateView } from '../views/state-view.ts';

export interface ControlOptions {
  readonly exchanges: ReadonlyMap<string, Exchange>;
  readonly faults: Faults;
  readonly clock: SimClock;
  durable(): Promise<void>;
  /** Closes the websockets of a venue, or of all with `*`. */
  dropSockets(venue: string): void;
}

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
  const received = await new Promise<string | null>((resolve) => collectBody(incoming, resolve));
  if (received === null) throw new ControlError(413, 'the body is too large');
  const { pathname } = new URL(`http://control${incoming.url ?? '/'}`);
  const result = route(options, incoming.method ?? 'GET', pathname.split('/').filter(Boolean), parseBody(received));
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
