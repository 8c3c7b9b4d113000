/** The command line of the simulated exchanges. */
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { SimConfig } from './config.ts';
import { defaultVenue, parseConfig } from './config.ts';
import { profileOf, venueNames } from './protocols/registry.ts';

export interface SimOptions {
  readonly config: SimConfig;
  readonly home: string;
  readonly anchorFile: string | null;
  readonly scale: number;
  readonly seed: number;
  /** Null: no control API. 0: any free port. */
  readonly controlPort: number | null;
  /** Null: no feed port. 0: any free port. */
  readonly feedPort: number | null;
  /** Null: fed order books stand for good. */
  readonly feedMaxAgeMs: number | null;
  readonly readyFile: string | null;
  /** One JSON line instead of text for a person. */
  readonly json: boolean;
}

export const usage = `Simulated exchanges: real exchanges' REST and websocket protocols, on this
machine, with simulated money.

  npm run sim -- --venues bybit,binanceusdm
  npm run sim -- --venues okx,kraken --tape my-recording.csv --scale 60 --json

  --venues A,B       which exchanges, with default settings (default: all).
                     Known, by ccxt's names: ${venueNames.slice(0, 3).join(', ')},
                     ${venueNames.slice(3).join(', ')}
  --config FILE      JSON instead of --venues: ports, depth model, funding,
                     fees, accounts
  --tape FILE        recorded market to replay, CSV (default:
                     data/usdc-basis-2025-10.csv; "none": prices come from the
                     control API)
  --feed[=PORT]      instead of a tape: take order books and trades as JSON
                     lines on this TCP port
  --feed-max-age MS  empties an order book that the feed has not confirmed for
                     so long (default: never)
  --scale N          market seconds in a wall second (default: 3600)
  --seed N           seed of random faults (default: 1)
  --control[=PORT]   serve the control API: prices, faults, state. Without
                     authentication, as the feed port
  --port-VENUE N     port of an exchange (default: any free one)
  --home DIR         journal and credentials (default: .basis/standalone-sim)
  --anchor FILE      clock anchor to wait for; market time stands at the tape's
                     start until it exists
  --ready-file FILE  also write the JSON line to this file
  --json             print one JSON line with addresses and credentials once
                     everything is ready
  --help             this text

Everything listens on the loopback interface alone. SIGTERM or SIGINT stops it;
the next start on the same home goes on where it was. Formats, faults and the
control API: docs/simulated-exchanges.md
`;

const defaultTape = fileURLToPath(new URL('../../data/usdc-basis-2025-10.csv', import.meta.url));
const known = [
  'config',
  'venues',
  'tape',
  'feed',
  'feed-max-age',
  'home',
  'anchor',
  'scale',
  'seed',
  'control',
  'ready-file',
  'json',
];
const highestPort = 65_535;

export type ParsedOptions =
  | { readonly kind: 'run'; readonly options: SimOptions }
  | { readonly kind: 'help' }
  /** Every mistake that was found. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[]; readonly json: boolean };

export function parseOptions(args: readonly string[]): ParsedOptions {
  const problems: string[] = [];
  const flags = readFlags(args, problems);
  if (flags.has('help')) return { kind: 'help' };
  const base = readConfig(flags, problems);
  const venues = Object.fromEntries(
    Object.entries(base.venues).map(([name, venue]) => [
      name,
      { ...venue, port: whole(flags, `port-${name}`, venue.port, highestPort, problems) },
    ]),
  );
  for (const name of venueNames) {
    if (flags.has(`port-${name}`) && !(name in venues)) problems.push(`--port-${name}: ${name} is not started`);
  }
  const feedPort = openPort(flags, 'feed', problems);
  if (feedPort !== null) refuseWithFeed(flags, base, problems);
  const options: SimOptions = {
    config: { tape: base.tape, venues },
    home: flags.get('home') ?? '.basis/standalone-sim',
    anchorFile: flags.get('anchor') ?? null,
    scale: scaleOf(flags, problems),
    seed: whole(flags, 'seed', 1, 2 ** 32 - 1, problems),
    controlPort: openPort(flags, 'control', problems),
    feedPort,
    feedMaxAgeMs: maxAgeOf(flags, feedPort, problems),
    readyFile: flags.get('ready-file') ?? null,
    json: flags.has('json'),
  };
  return problems.length > 0 ? { kind: 'invalid', problems, json: options.json } : { kind: 'run', options };
}

function maxAgeOf(flags: ReadonlyMap<string, string>, feedPort: number | null, problems: string[]): number | null {
  if (!flags.has('feed-max-age')) return null;
  if (feedPort === null) problems.push('--feed-max-age: only together with --feed');
  return whole(flags, 'feed-max-age', 0, 86_400_000, problems);
}

/** With a feed market time is wall time, and prices come from it alone. */
function refuseWithFeed(flags: ReadonlyMap<string, string>, { tape }: SimConfig, problems: string[]): void {
  if (tape !== null) problems.push('--feed: not together with a tape');
  for (const name of ['scale', 'anchor']) {
    if (flags.has(name)) problems.push(`--${name}: not together with --feed, whose market time is wall time`);
  }
}

function whole(
  flags: ReadonlyMap<string, string>,
  name: string,
  usual: number,
  most: number,
  problems: string[],
): number {
  const text = flags.get(name);
  if (text === undefined) return usual;
  if (/^\d{1,10}$/.test(text) && Number(text) <= most) return Number(text);
  problems.push(`--${name} ${text}: must be a whole number from 0 to ${most}`);
  return usual;
}

/** Null without the flag; 0, any free port, for the flag without a value. */
function openPort(flags: ReadonlyMap<string, string>, name: string, problems: string[]): number | null {
  const text = flags.get(name);
  if (text === undefined) return null;
  return text === '' ? 0 : whole(flags, name, 0, highestPort, problems);
}

function scaleOf(flags: ReadonlyMap<string, string>, problems: string[]): number {
  const text = flags.get('scale') ?? '3600';
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) <= 1e6) return Number(text);
  problems.push(`--scale ${text}: must be a number from 0 to 1000000`);
  return 1;
}

/** Flag values by name; '' for a flag without a value. */
function readFlags(args: readonly string[], problems: string[]): Map<string, string> {
  const valueless = new Set(['control', 'feed', 'json', 'help']);
  const names = [...known, 'help', ...venueNames.map((venue) => `port-${venue}`)];
  const options = Object.fromEntries(
    names.map((name) => [name, { type: valueless.has(name) ? ('boolean' as const) : ('string' as const) }]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true, allowPositionals: true });
  const flags = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`unexpected argument: ${token.value}`);
    if (token.kind !== 'option') continue;
    if (!(token.name in options))
      problems.push(`${token.rawName}: unknown; known: ${names.map((name) => `--${name}`).join(' ')}`);
    else if (!valueless.has(token.name) && (token.value === undefined || token.value === '')) {
      problems.push(`${token.rawName}: needs a value`);
    } else flags.set(token.name, token.value ?? '');
  }
  return flags;
}

function checkTape(path: string, problems: string[]): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) problems.push(`--tape ${path}: no such file`);
  else if (!found.isFile()) problems.push(`--tape ${path}: is no file`);
}

function readConfig(flags: ReadonlyMap<string, string>, problems: string[]): SimConfig {
  const tape = flags.get('tape');
  const chosen = tape === 'none' ? null : tape;
  if (typeof chosen === 'string') checkTape(chosen, problems);
  const file = flags.get('config');
  if (file !== undefined) {
    if (flags.has('venues')) problems.push('--venues: not together with --config');
    try {
      const config = parseConfig(JSON.parse(readFileSync(file, 'utf8')) as unknown, problems);
      return chosen === undefined ? config : { ...config, tape: chosen };
    } catch (error) {
      problems.push(`--config: ${error instanceof Error ? error.message : String(error)}`);
      return { tape: null, venues: {} };
    }
  }
  const names = (flags.get('venues') ?? venueNames.join(',')).split(',');
  const venues: Record<string, ReturnType<typeof defaultVenue>> = {};
  for (const name of names) {
    const profile = profileOf(name);
    if (profile !== null) venues[name] = defaultVenue(profile);
    else problems.push(`--venues: unknown venue ${name}; known: ${venueNames.join(', ')}`);
  }
  const usualTape = flags.has('feed') ? null : defaultTape;
  return { tape: chosen === undefined ? usualTape : chosen, venues };
}
