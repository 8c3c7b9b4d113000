/** The command line of a worker. */
import { parseArgs } from 'node:util';
import { isLiveSwitched } from './live-switch.ts';

export const usage = `usage: node workers/main.ts --role basis|market|venue|feed [--account NAME] --config FILE [options]
  --account NAME     the account that a venue worker serves
  --home DIR         folder with the run's anchor, where market time is not wall time
  --bundle FILE      prebuilt workflow code (role basis)
  --ready-file FILE  written once the worker polls
  --live             trade real money; the configuration must say live: true as well. BASIS_LIVE=yes is the same
The environment names the servers: TEMPORAL_ADDRESS (or a Temporal profile), DATABASE_URL, BASIS_ENDPOINTS;
for the role feed BASIS_FEED, the feed port of the simulated exchanges, tcp://host:port. BASIS_METRICS_ADDRESS, host:port
of this process alone, serves figures for Prometheus.

Example: node workers/main.ts --role venue --account bybit --config config/demo.yaml
`;

export interface WorkerOptions {
  readonly role: 'basis' | 'market' | 'venue' | 'feed';
  readonly account: string;
  readonly config: string;
  readonly home: string | null;
  readonly bundle: string | null;
  readonly readyFile: string | null;
  readonly isLive: boolean;
}

/** The worker was called wrongly: the usage says how it is. */
export class BadUsage extends Error {}

/** @throws BadUsage saying what is wrong or missing */
export function parseOptions(args: string[]): WorkerOptions {
  const values = valuesOf(args);
  if (values.help === true) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const { role, account, config } = values;
  if (role !== 'basis' && role !== 'market' && role !== 'venue' && role !== 'feed')
    throw new BadUsage('--role must be basis, market, venue or feed');
  if (role === 'venue' && account === undefined) throw new BadUsage('--role venue needs --account');
  if (config === undefined) throw new BadUsage('--config is missing: the configuration file');
  return {
    role,
    account: account ?? '',
    config,
    home: values.home ?? null,
    bundle: values.bundle ?? null,
    readyFile: values['ready-file'] ?? null,
    isLive: isLiveSwitched(process.env) || values.live === true,
  };
}

function valuesOf(args: string[]) {
  const text = { type: 'string' } as const;
  const options = {
    role: text,
    account: text,
    config: text,
    home: text,
    bundle: text,
    'ready-file': text,
    live: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new BadUsage(error instanceof Error ? error.message : String(error));
  }
}
