/** The command line of the simulated exchanges. */
import { readFileSync } from 'node:fs';
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
  readonly readyFile: string | null;
}

export const usage = `Simulated exchanges: bybit v5 spot and binance USDⓈ-M, over REST and websocket, driven by a tape.

  npm run sim -- --venues bybit,binanceusdm --scale 3600 --control

  --config FILE      JSON: tape, venues (ports, model, funding, accounts); see docs/simulated-exchanges.md
  --venues A,B       venues with default settings, instead of --config (${venueNames.join(', ')})
  --tape FILE        recorded market to replay (default: data/usdc-basis-2025-10.csv; "none" for scripted prices)
  --home DIR         journal and credentials (default: .basis/standalone-sim)
  --anchor FILE      clock anchor to wait for; market time stands at the tape's start until it exists
  --scale N          market seconds in a wall second, without --anchor (default: 3600)
  --seed N           seed of random faults (default: 1)
  --control[=PORT]   serve the control API (prices, faults, state) on the loopback interface
  --port-VENUE N     port of a venue (default: any free one)
  --ready-file FILE  also write the ready line to this file
  --json             accepted for symmetry: the ready line is always JSON
  --help             this text

Prints one JSON line with addresses and credentials once it is ready. SIGTERM or SIGINT stops it.
`;

const defaultTape = fileURLToPath(new URL('../../data/usdc-basis-2025-10.csv', import.meta.url));
const known = new Set(['config', 'venues', 'tape', 'home', 'anchor', 'scale', 'seed', 'control', 'ready-file', 'json']);

export type ParsedOptions =
  | { readonly kind: 'run'; readonly options: SimOptions }
  | { readonly kind: 'help' }
  /** Every mistake that was found. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

export function parseOptions(args: readonly string[]): ParsedOptions {
  const problems: string[] = [];
  const flags = readFlags(args, problems);
  if (flags.has('help')) return { kind: 'help' };
  const number = (name: string, usual: number, least: number): number => {
    const text = flags.get(name);
    const value = text === undefined ? usual : Number(text);
    if (text === '' || !Number.isFinite(value) || value < least)
      problems.push(`--${name}: must be a number from ${least}`);
    return value;
  };
  const base = readConfig(flags, problems);
  const venues = Object.fromEntries(
    Object.entries(base.venues).map(([name, venue]) => [
      name,
      { ...venue, port: number(`port-${name}`, venue.port, 0) },
    ]),
  );
  const control = flags.get('control');
  const options: SimOptions = {
    config: { tape: base.tape, venues },
    home: flags.get('home') ?? '.basis/standalone-sim',
    anchorFile: flags.get('anchor') ?? null,
    scale: number('scale', 3600, 0),
    seed: number('seed', 1, 0),
    controlPort: control === undefined ? null : control === '' ? 0 : number('control', 0, 0),
    readyFile: flags.get('ready-file') ?? null,
  };
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'run', options };
}

/** Flag values by name; '' for a flag without a value. */
function readFlags(args: readonly string[], problems: string[]): Map<string, string> {
  const valueless = new Set(['control', 'json', 'help']);
  const options = Object.fromEntries(
    [...known, 'help', ...venueNames.map((venue) => `port-${venue}`)].map((name) => [
      name,
      { type: valueless.has(name) ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true, allowPositionals: true });
  const flags = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`unexpected argument: ${token.value}`);
    if (token.kind !== 'option') continue;
    if (!(token.name in options)) problems.push(`unknown flag: ${token.rawName}`);
    else if (!valueless.has(token.name) && (token.value === undefined || token.value === '')) {
      problems.push(`${token.rawName}: needs a value`);
    } else flags.set(token.name, token.value ?? '');
  }
  return flags;
}

function readConfig(flags: ReadonlyMap<string, string>, problems: string[]): SimConfig {
  const tape = flags.get('tape');
  const chosen = tape === 'none' ? null : tape;
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
  return { tape: chosen === undefined ? defaultTape : chosen, venues };
}
