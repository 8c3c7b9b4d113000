/** `basis open`: previews a position on fresh order books, and starts its workflow when a person agrees. */
import type { Command } from 'commander';
import { WorkflowIdReusePolicy, type WorkflowHandle } from '@temporalio/client';
import type { Config } from '../../config/schema.ts';
import { basisTaskQueue, firstShard, positionWorkflowId, workflowTypes } from '../../domain/names.ts';
import { decimal, sum, zero, type Decimal, type DecimalText } from '../../domain/decimal.ts';
import { marketTimeMs, tapeHasEnded } from '../../domain/market-clock.ts';
import type { PositionInput } from '../../domain/position-state.ts';
import {
  liveStatuses,
  positionKey,
  type PositionKind,
  type PositionPlan,
  type PositionStatus,
} from '../../domain/position.ts';
import { makeUlid } from '../../domain/ulid.ts';
import { planCandidate, type Planned } from '../../strategy/admission.ts';
import { venuePair } from '../../strategy/pair.ts';
import { agreed } from '../text/agreed.ts';
import { BadInput, Refused } from '../errors.ts';
import { followPosition, parseTimeout } from '../positions/follow-position.ts';
import { createOutput, type Output } from '../text/output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { money, shortKey } from '../positions/position-table.ts';
import { configOfHome, withService, type Service } from '../service.ts';
import { table } from '../text/table.ts';
import { wrapped } from '../text/wrapped.ts';
import type { Direction } from '../../domain/direction.ts';

interface OpenOptions extends CommonOptions {
  readonly asset?: string;
  readonly spot?: string;
  readonly perp?: string;
  readonly direction: string;
  readonly kind?: string;
  readonly usd?: string;
  readonly minEntryBps?: string;
  readonly duringHalt: boolean;
  readonly yes: boolean;
  readonly wait: boolean;
  readonly timeout?: string;
}

export function openCommand(program: Command): void {
  withCommonOptions(program.command('open'))
    .description('preview a position, and open it')
    .option('--asset <coin>', 'a configured pair by its coin, such as USDC')
    .option('--spot <account:symbol>', 'spot leg, such as bybit:USDC/USDT')
    .option('--perp <account:symbol>', 'perpetual leg, such as binance:USDC/USDT:USDT')
    .requiredOption('--direction <long|short>', 'long: long spot, short perpetual; short: the reverse')
    .option('--kind <basis|funding>', 'what it is entered for: the gap (basis, the default) or the carry')
    .option('--usd <amount>', 'spot notional in USD; the configured size without it')
    .option(
      '--min-entry-bps <bps>',
      'accept a smaller gap than the configuration asks for; no return threshold applies then',
    )
    .option('--during-halt', 'open although the book is halted; every other limit holds', false)
    .option('--yes', 'do not ask', false)
    .option('--no-wait', 'return once the workflow has started')
    .option('--timeout <duration>', 'wait so long at most, such as 60s; the opening goes on')
    .addHelpText('after', '\nExample:\n  npm run basis -- open --asset USDC --direction short --usd 5000')
    .action(run);
}

async function run(options: OpenOptions): Promise<void> {
  const terms = termsOf(options);
  const timeoutMs = parseTimeout(options.timeout);
  // A pair that is not configured is told before any server is asked.
  configuredPair(await configOfHome(options), options);
  const output = createOutput(options.json);
  await withService(options, async (service) => {
    const preview = await previewOf(service, options, terms);
    if (preview.kind === 'refused') throw new Refused(preview.reasons);
    if (options.json && !options.yes) {
      output.result({ preview: previewDocument(preview), started: false }, () => '');
      return;
    }
    if (!options.json) output.progress(previewText(preview));
    if (!options.yes && !(await agreed('open it?'))) throw new Refused(['not confirmed: nothing was opened']);
    const result = await start(service, preview, options.wait ? { timeoutMs, output } : null);
    if (result.status === 'aborted') throw new Refused([result.reason ?? 'the position was aborted']);
    output.result({ preview: previewDocument(preview), started: true, ...result }, () => sentence(result));
  });
}

interface Terms {
  readonly direction: Direction;
  readonly kind: PositionKind;
  /** Null: as the configuration has them. */
  readonly usd: Decimal | null;
  readonly minEntryBps: DecimalText | null;
}

/** @throws BadInput for the first that is not allowed */
function termsOf({ direction, kind, usd, minEntryBps }: OpenOptions): Terms {
  return {
    direction: parseDirection(direction),
    kind: kind === undefined ? 'basis' : parseKind(kind),
    usd: usd === undefined ? null : parseUsd(usd),
    minEntryBps: minEntryBps === undefined ? null : parseBps(minEntryBps),
  };
}

/** Pairs that a message names. */
const longestList = 12;

type Planning = Extract<Planned, { kind: 'planned' }>;
type Preview = Planning & { readonly limits: PositionInput['limits'] };

async function previewOf(
  service: Service,
  options: OpenOptions,
  { direction, kind, usd, minEntryBps }: Terms,
): Promise<Preview | Extract<Planned, { kind: 'refused' }>> {
  const { config, ledger, anchor, addresses } = service;
  if (tapeHasEnded(anchor, Date.now()))
    return { kind: 'refused', reasons: ['the tape has ended: nothing new is opened'] };
  const haltReason = await ledger.haltOf(config.book);
  if (haltReason !== null && !options.duringHalt)
    return { kind: 'refused', reasons: [halted(config.book, haltReason)] };
  const configured = configuredPair(config, options);
  const wiring = await import('../../../workers/wiring.ts');
  const env = {
    ...process.env,
    ...(addresses.endpointsFile === null ? {} : { BASIS_ENDPOINTS: addresses.endpointsFile }),
  };
  const marketData = await wiring.buildMarketData(wiring.commandSurroundings(config, env, options.home));
  try {
    // As if it were written out: why its exchanges do not have it is then told.
    const [pair] = await wiring.loadPairs({ ...config, pairs: [{ ...configured, isGenerated: false }] }, marketData);
    if (pair === undefined) throw new Error('the pair could not be loaded');
    const candidate = await wiring.candidateOf(
      { config, ledger, marketData },
      pair,
      direction,
      marketTimeMs(anchor, Date.now()),
      kind,
    );
    const venues = venuePair(pair);
    const live = (await ledger.positions({ statuses: liveStatuses })).filter(({ plan }) => venuePair(plan) === venues);
    const rules = wiring.admissionRules(config);
    const nowWallMs = Date.now();
    const planned = planCandidate({
      key: positionKey(
        pair.asset,
        pair.spot.instrument.venue,
        pair.perp.instrument.venue,
        direction,
        makeUlid(nowWallMs, Math.random),
      ),
      book: config.book,
      candidate,
      rules:
        minEntryBps === null
          ? rules
          : { ...rules, strategy: { ...rules.strategy, entryBps: minEntryBps, anyReturn: true } },
      pairExposureUsd: sum(live.map(({ plan }) => decimal(plan.notionalUsd))),
      freeOf: await wiring.freeBalances(ledger, pair),
      nowWallMs,
      nowMarketMs: marketTimeMs(anchor, nowWallMs),
      ...(usd === null ? {} : { wantedUsd: usd }),
    });
    if (planned.kind === 'refused') return planned;
    const short = usd === null ? null : undersized(planned.plan, usd, planned.bound);
    if (short !== null) return { kind: 'refused', reasons: [short] };
    const { duringHalt } = options;
    return { ...planned, limits: { ...wiring.reservationLimits(config, 'client'), ...(duringHalt && { duringHalt }) } };
  } finally {
    await marketData.close();
  }
}

/** The pair of the configuration that the options name. @throws BadInput naming those that there are */
function configuredPair(config: Config, { asset, spot, perp }: OpenOptions): Config['pairs'][number] {
  const nameOf = (leg: { account: string; symbol: string }): string => `${leg.account}:${leg.symbol}`;
  if (asset === undefined && (spot === undefined || perp === undefined)) {
    throw new BadInput('name the pair: --asset, or --spot and --perp');
  }
  const matches = config.pairs.filter(
    (pair) =>
      (asset === undefined || pair.asset === asset) &&
      (spot === undefined || nameOf(pair.spot) === spot) &&
      (perp === undefined || nameOf(pair.perp) === perp),
  );
  const [match] = matches;
  const known = listOf(
    (matches.length > 1 ? matches : config.pairs).map(
      (pair) => `${pair.asset} (--spot ${nameOf(pair.spot)} --perp ${nameOf(pair.perp)})`,
    ),
  );
  if (match === undefined) throw new BadInput(`no such pair in the configuration; it has: ${known}`);
  if (matches.length > 1)
    throw new BadInput(`more than one pair matches, name both legs; those that match are: ${known}`);
  return match;
}

function halted(book: string, reason: string): string {
  return `halted: nothing is opened in the book ${book}: ${reason}; basis resume ends the halt, --during-halt insists`;
}

function listOf(pairs: readonly string[]): string {
  const more = pairs.length > longestList ? `; and ${pairs.length - longestList} more` : '';
  return `${pairs.slice(0, longestList).join('; ')}${more}`;
}

/** A size that a person asked for is not silently made smaller. */
function undersized(plan: PositionPlan, wanted: Decimal, bound: string): string | null {
  // One lot and the price's fraction may be missing; a cap may not.
  if (decimal(plan.notionalUsd).gte(wanted.times(decimal('0.99')))) return null;
  return `${money(wanted.toFixed(), 2)} USD is more than can be opened: ${money(plan.notionalUsd, 2)} USD at most, bound by ${bound}`;
}

/** @param waiting null: it returns once the workflow has started */
async function start(
  { client, addresses, ledger, anchor }: Service,
  { plan, needs, limits }: Preview,
  waiting: { readonly timeoutMs: number | null; readonly output: Output } | null,
) {
  const input: PositionInput = {
    plan,
    needs,
    limits,
    anchor,
    source: 'client',
    shard: firstShard,
    state: { kind: 'reserving' },
    orders: [],
  };
  const handle: WorkflowHandle<() => Promise<PositionEnd>> = await client.workflow.start(workflowTypes.position, {
    workflowId: positionWorkflowId(plan.key),
    taskQueue: basisTaskQueue,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    staticSummary: `${plan.asset} ${plan.direction} ${plan.quantityBase}`,
    args: [input],
  });
  const workflowUrl =
    addresses.uiUrl === null
      ? null
      : `${addresses.uiUrl}/namespaces/default/workflows/${encodeURIComponent(handle.workflowId)}`;
  const opened = { key: plan.key, workflowId: handle.workflowId, workflowUrl };
  if (waiting === null) return { ...opened, status: 'started', reason: null };
  const reached = await followPosition(plan.key, {
    ledger,
    ended: handle.result(),
    before: null,
    goals: openedStatuses,
    timeoutMs: waiting.timeoutMs,
    progress: (line) => waiting.output.progress(line),
  });
  // One that was refused a reservation is not in the ledger: its workflow says why.
  if (reached.kind === 'ended')
    return { ...opened, status: reached.result.kind, reason: reached.result.reason ?? null };
  return { ...opened, status: reached.row.status, reason: null };
}

/** What the workflow of a position returns. */
interface PositionEnd {
  readonly kind: 'closed' | 'aborted';
  /** Of one that was aborted. */
  readonly reason?: string;
}

/** It was hedged. What has ended is told by its workflow. */
const openedStatuses: readonly PositionStatus[] = ['hedged', 'closing'];

function previewDocument({ plan, needs, bound, netApyPct, signedBasisBps, expectedNetUsd }: Planning) {
  return { plan, needs, bound, netApyPct, signedBasisBps, expectedNetUsd };
}

/** For an 80-column terminal. */
export function previewText({ plan, bound, netApyPct, signedBasisBps, expectedNetUsd }: Planning): string {
  const { spot, perp } = plan;
  const short = plan.direction === 'short_spot_long_perp';
  const legs = table(
    [
      { heading: 'LEG', text: (row: readonly string[]) => row[0] ?? '' },
      { heading: 'ORDER', text: (row) => row[1] ?? '' },
      { heading: 'PRICE', align: 'right', text: (row) => row[2] ?? '' },
      { heading: 'FEE BPS', align: 'right', text: (row) => row[3] ?? '' },
    ],
    [
      [
        `spot ${spot.account}`,
        `${short ? 'sell' : 'buy'} ${money(plan.quantityBase, 0)} ${spot.instrument.symbol}`,
        plan.spotReferencePrice,
        spot.takerFeeBps,
      ],
      [
        `perp ${perp.account}`,
        `${short ? 'buy' : 'sell'} ${money(plan.quantityBase, 0)} ${perp.instrument.symbol}`,
        plan.perpReferencePrice,
        perp.takerFeeBps,
      ],
    ],
  );
  const sentences = [
    `notional ${money(plan.notionalUsd, 2)} USD, bound by ${bound}`,
    `executable basis s·B ${signedBasisBps} bps, at least ${plan.minimumEntryBps} bps when the orders are sent`,
    `expected ${money(expectedNetUsd, 2)} USD after all four fees; net APY ${netApyPct} % over the horizon`,
  ];
  return [legs, '', ...sentences.flatMap((line) => wrapped(line, 80))].join('\n');
}

function sentence({ key, status, reason, workflowUrl }: Awaited<ReturnType<typeof start>>): string {
  const why = reason === null ? '' : `: ${reason}`;
  return `${shortKey(key)} ${status}${why}\n${key}${workflowUrl === null ? '' : `\n${workflowUrl}`}`;
}

function parseDirection(text: string): Direction {
  if (text === 'long') return 'long_spot_short_perp';
  if (text === 'short') return 'short_spot_long_perp';
  throw new BadInput(
    `--direction ${JSON.stringify(text)}: allowed are long (long spot, short perpetual) and short (the reverse)`,
  );
}

function parseKind(text: string): PositionKind {
  if (text === 'basis' || text === 'funding') return text;
  throw new BadInput(`--kind ${JSON.stringify(text)}: allowed are basis (for the gap) and funding (for the carry)`);
}

function parseUsd(text: string): Decimal {
  if (!/^\d+(\.\d+)?$/.test(text) || decimal(text).eq(zero)) {
    throw new BadInput(`--usd ${JSON.stringify(text)}: write a positive amount in US dollars, such as 5000`);
  }
  return decimal(text);
}

function parseBps(text: string): DecimalText {
  if (!/^-?\d+(\.\d+)?$/.test(text))
    throw new BadInput(`--min-entry-bps ${JSON.stringify(text)}: write basis points as a plain number, such as 3`);
  return text;
}
