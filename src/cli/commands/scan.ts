/** `basis scan`: every pair, both sides, with what each would earn, and the reason for each refusal. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { LeftOut } from '../../config/universe.ts';
import { decimal, decimalFromFloat } from '../../domain/decimal.ts';
import { marketTimeMs } from '../../domain/market-clock.ts';
import { volatilityMultiplier, volatilityWindowMs } from '../../domain/portfolio/volatility.ts';
import { evaluatePair } from '../../strategy/evaluate-pair.ts';
import { shallowQuote, type Candidate } from '../../strategy/candidate.ts';
import type { Pair } from '../../strategy/pair.ts';
import { riskScore, type ScoreOf } from '../../strategy/rank.ts';
import { scanRows, type ScanRow } from '../../strategy/scan-rows.ts';
import { createOutput } from '../text/output.ts';
import { readOnce, Unread } from '../scan-markets.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { money } from '../positions/position-table.ts';
import { withLedger, type Service } from '../service.ts';
import { tableText } from '../text/table.ts';
import { wrapped } from '../text/wrapped.ts';

const width = 80;

export function scanCommand(program: Command): void {
  withCommonOptions(program.command('scan'))
    .description('show every pair, both sides: what it would earn, or why it is refused or left out')
    .option('--watch', 'again at the scan interval, until it is stopped', false)
    .addHelpText('after', '\nExample:\n  npm run basis -- scan')
    .action(async (options: CommonOptions & { watch: boolean }) => {
      const output = createOutput(options.json);
      await withLedger(options, async (service) => {
        const { clock, strategy } = service.config;
        const intervalMs = Math.max(1_000, strategy.scanIntervalMs / clock.scale);
        await scanning(service, options, async (scan) => {
          for (let again = true; again; again = options.watch) {
            const { rows, leftOut } = await scan();
            output.result({ atMs: Date.now(), rows, leftOut }, () => `${scanText(rows)}${leftOutText(leftOut)}`);
            if (options.watch) await sleep(intervalMs);
          }
        });
      });
    });
}

interface Scanned {
  readonly rows: readonly ScanRow[];
  /** Of the universe: what is not there, and why; of any pair: what could not be read. */
  readonly leftOut: readonly LeftOut[];
}

/** Opens the markets once, for as many scans as are wanted. */
async function scanning(
  { config, ledger, anchor, addresses }: Omit<Service, 'client'>,
  options: CommonOptions,
  use: (scan: () => Promise<Scanned>) => Promise<void>,
): Promise<void> {
  const wiring = await import('../../../workers/wiring.ts');
  const env = {
    ...process.env,
    ...(addresses.endpointsFile === null ? {} : { BASIS_ENDPOINTS: addresses.endpointsFile }),
  };
  const { sizing } = wiring.admissionRules(config);
  const marketData = await wiring.buildMarketData(wiring.commandSurroundings(config, env, options.home));
  try {
    const { pairs, leftOut } = await wiring.loadUniverse(config, marketData);
    await use(async () => {
      const nowMarketMs = marketTimeMs(anchor, Date.now());
      const history = await ledger.basisHistory(
        pairs.map(({ pairId }) => pairId),
        nowMarketMs - volatilityWindowMs,
      );
      const pointsOf = Map.groupBy(history, ({ pairId }) => pairId);
      const scoreOf: ScoreOf = ({ pair }) => {
        const points = pointsOf.get(pair.pairId) ?? [];
        const multiplier = decimalFromFloat(volatilityMultiplier(points, nowMarketMs));
        return riskScore(pair.spot.instrument.venue, pair.perp.instrument.venue, multiplier);
      };
      const ports = { config, ledger, marketData: readOnce(marketData) };
      const unread = new Map<string, LeftOut>();
      const candidate = (pair: Pair): Promise<Candidate | null> =>
        wiring.candidateOf(ports, pair, 'long_spot_short_perp', nowMarketMs).catch((error: unknown) => {
          if (!(error instanceof Unread)) throw error;
          unread.set(error.market, { what: error.market, reason: error.message });
          return null;
        });
      const evaluations = await Promise.all(
        pairs.map(async (pair) => {
          const shown = await candidate(pair);
          if (shown === null) return [];
          const { spotQuote, perpQuote, funding, centreBps = null, loan = null } = shown;
          const nowWallMs = Date.now();
          const [spot, perp] = [shallowQuote(spotQuote), shallowQuote(perpQuote)];
          const market = { spotQuote: spot, perpQuote: perp, funding, centreBps, loan, nowWallMs, nowMarketMs };
          return evaluatePair(pair, config.strategy, market, sizing);
        }),
      );
      const rows = scanRows(evaluations.flat(), scoreOf);
      const [first] = unread.values();
      if (rows.length === 0 && first !== undefined) throw new Error(`${first.what}: ${first.reason}`);
      return { rows, leftOut: [...unread.values(), ...leftOut] };
    });
  } finally {
    await marketData.close();
  }
}

function leftOutText(leftOut: readonly LeftOut[]): string {
  if (leftOut.length === 0) return '';
  const lines = leftOut.flatMap(({ what, reason }) => below(`${what}: ${reason}`));
  return ['', '', 'LEFT OUT', ...lines].join('\n');
}

export function scanText(rows: readonly ScanRow[]): string {
  const { heading, rows: found } = tableText(
    [
      { heading: 'ASSET', text: ({ asset }: ScanRow) => asset },
      { heading: 'SPOT', text: ({ spotAccount }) => spotAccount },
      { heading: 'PERP', text: ({ perpAccount }) => perpAccount },
      { heading: 'SIDE', text: ({ direction }) => (direction === 'long_spot_short_perp' ? 'long' : 'short') },
      { heading: 'FOR', text: ({ enteredFor }) => enteredFor },
      { heading: 'BPS', align: 'right', text: ({ signedBasisBps }) => short(signedBasisBps) },
      { heading: 'NEEDS', align: 'right', text: ({ requiredBasisBps }) => short(requiredBasisBps) },
      { heading: 'APY %', align: 'right', text: ({ netApyPct }) => short(netApyPct) },
      { heading: 'RISK', align: 'right', text: (row) => row.riskScore },
    ],
    rows,
  );
  const forecasts = rows.map(({ perpAccount, asset, funding }) => `funding of ${asset} at ${perpAccount}: ${funding}`);
  return [
    heading,
    ...found.flatMap((line, index) => {
      const row = rows[index];
      return row === undefined ? [line] : [line, ...[...sizeText(row), ...row.reasons].flatMap(below)];
    }),
    ...[...new Set(forecasts)].flatMap(below),
  ].join('\n');
}

/** Of one that is smaller than it is meant to be, where no reason tells so. */
function sizeText({ notionalUsd, bound, reasons }: ScanRow): string[] {
  const isTold = bound === 'bootstrapUsd' || reasons.some((reason) => reason.includes(bound));
  return notionalUsd === null || isTold ? [] : [`for ${money(notionalUsd, 2)} USD: bound by ${bound}`];
}

/** One decimal place, and none where it is long. */
function short(value: string | null): string {
  if (value === null) return '–';
  const number = decimal(value);
  return number.abs().gte(decimal('1000')) ? number.toFixed(0).slice(0, 7) : number.toFixed(1);
}

/** Indented below its line. */
function below(reason: string): string[] {
  return wrapped(reason, width - 4).map((line) => `    ${line}`);
}
