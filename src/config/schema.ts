/**
 * The configuration: who trades where, when to enter and leave, how much, and how. Defaults are the source article's
 * thresholds where it has them. Parsed, it is plain JSON: decimals as text, durations in milliseconds.
 */
import { z } from 'zod';
import type { ExecutionStyle } from '../domain/position.ts';
import { alertsSchema } from './alert-schema.ts';
import {
  accountName,
  accountPattern,
  amount,
  amountOrOff,
  choice,
  count,
  durationMs,
  positionKinds,
  ratio,
  section,
  sectionOrOff,
  text,
  yesOrNo,
} from './fields.ts';
import { universeSchema } from './universe.ts';

const feesSchema = section({
  /** This account's own rates at its venue; negative: a rebate. */
  takerBps: amount('basis points of a fill', { min: '-10', max: '1000' }, '10'),
  makerBps: amount('basis points of a fill', { min: '-10', max: '1000' }, '2'),
  /** Of perpetuals, where the account trades both kinds; the same unless given. */
  perpTakerBps: amount('basis points of a fill', { min: '-10', max: '1000' }, '5').optional(),
  perpMakerBps: amount('basis points of a fill', { min: '-10', max: '1000' }, '2').optional(),
  /** Where the exchange takes the fees of spot orders in a coin of its own, such as BNB: nothing comes out of what is bought. */
  spotFeeCoin: text('a coin, such as BNB', /^[A-Z0-9]+$/).optional(),
});

/** What a person may take upon themselves, account by account. */
export const acceptableRisks = ['not-exactly-once', 'withdraw-permission'] as const;
export type AcceptedRisk = (typeof acceptableRisks)[number];

const accountSchema = section({
  /** ccxt id of the exchange. */
  venue: text('the ccxt id of an exchange'),
  fees: feesSchema,
  /** Of perpetual positions: notional over initial margin. */
  leverage: amount('times', { min: '1', max: '125' }, '3').prefault('3'),
  /** Keys of the exchange's testnet; what the mode says unless given. */
  sandbox: yesOrNo().optional(),
  /**
   * Of the request rates that the exchange documents, where others share the account or the address. Without it the
   * accounts of this file share what an exchange counts by address.
   */
  rateLimitShare: ratio("of the exchange's documented rate limit", { above: '0', max: '1' }).optional(),
  /** Where an exchange takes it with each request; elsewhere keys belong to one sub-account by themselves. */
  subAccount: text('the name, number or address of a sub-account').optional(),
  accepted: z
    .array(choice(...acceptableRisks), { error: `must be a list of risks, of: ${acceptableRisks.join(', ')}` })
    .prefault([]),
  /** Demo and paper only. */
  startingBalances: z
    .record(z.string(), amount('coins', { min: '0' }, '50000'), {
      error: 'must be a section of currencies and amounts, such as USDT: 50000',
    })
    .prefault({}),
});

const pairSchema = section({
  /** The base coin of both legs. */
  asset: text('a coin, such as USDC', /^[A-Z0-9]+$/),
  spot: section({
    account: text(accountName, accountPattern),
    symbol: text('a spot symbol, such as USDC/USDT', /^[A-Z0-9]+\/[A-Z0-9]+$/),
  }),
  perp: section({
    account: text(accountName, accountPattern),
    symbol: text('a linear perpetual symbol, such as USDC/USDT:USDT', /^[A-Z0-9]+\/([A-Z0-9]+):\1$/),
  }),
  /** What positions of the pair may be entered for. */
  kinds: positionKinds(),
  /** Both legs at one exchange: its failure then takes the hedge with it. */
  allowSameVenue: yesOrNo().prefault('false'),
  /** Spot quoted in another coin than the perpetual settles in: that coin's price is then not hedged. */
  allowUnhedgedQuote: yesOrNo().prefault('false'),
});

const depegSchema = sectionOrOff({
  /** Beyond 1 USD ± this, a coin is off its peg. */
  boundPct: amount('percent', { above: '0', max: '50' }, '1').prefault('1'),
  /** Market time for which it must have been. */
  holdMinutes: durationMs('minutes', '0').prefault('5'),
  /** Closing on a depeg may cost so much; what costs more is held hedged. */
  maxCostBps: amount('basis points of the notional', { min: '0', max: '10000' }, '50').prefault('50'),
  /** Who has sold the coin from inventory buys it back; else the perpetual alone is closed, and the quote kept. */
  buyBack: yesOrNo().prefault('false'),
  /** Public USD markets whose median is a coin's value: at least two venues a coin. */
  references: z.array(
    section({
      venue: text('the ccxt id of an exchange'),
      symbol: text('a spot symbol in US dollars, such as USDC/USD', /^[A-Z0-9]+\/USD$/),
    }),
    { error: 'must be a list of USD markets, such as { venue: kraken, symbol: USDC/USD }' },
  ),
});

/** Positions that are entered for the carry alone. */
const fundingKindSchema = sectionOrOff({
  minNetApyPct: amount('percent a year, net of all fees', { min: '0', max: '100000' }, '10'),
  /** No review extends a position beyond; off: reviews alone decide. */
  maxLifeDays: amountOrOff('days', { above: '0', max: '3650' }, '90').prefault('off'),
});

/**
 * ρ by venue, how much of a funding rate's distance from its 30-day mean is left one settlement later: fitted on the
 * settled rates of 2023 of BTC and ETH. Nothing was fitted for any other venue.
 */
const fundingPersistence = { bybit: '0.66', okx: '0.15', binanceusdm: '0.67', other: '0.5' };
interface FundingPersistence {
  readonly other: string;
  readonly [venue: string]: string;
}
const persistence = amount('of the distance from the mean', { min: '0', max: '1' }, '0.66');

const strategySchema = section({
  entryBps: amount('basis points', { min: '0', max: '10000' }, '20').prefault('20'),
  exitBps: amount('basis points', { min: '-10000', max: '10000' }, '5').prefault('5'),
  /** What gaps are measured from: zero, or the median of the pair's mid basis over the last 168 hours. */
  centre: choice('zero', 'median').prefault('zero'),
  /** Off: no threshold; the expected return must be positive all the same. */
  minNetApyPct: amountOrOff('percent a year, net of all fees', { min: '0', max: '100000' }, '15').prefault('15'),
  maxHoldingDays: amount('days', { above: '0', max: '365' }, '7').prefault('7'),
  /** Over which the return is expected; `maxHoldingDays` unless given. */
  horizonDays: amount('days', { above: '0', max: '365' }, '7').optional(),
  stopLossPct: amount('percent of the notional', { above: '0', max: '100' }, '5').prefault('5'),
  profitTargetPct: amount('percent of the notional', { above: '0', max: '100' }, '2').prefault('2'),
  /** Market time within which the same pair and side is not opened again. */
  reentryCooldownHours: durationMs('hours', '0').prefault('1'),
  convergence: choice('net', 'literal').prefault('net'),
  /** Must be written out: who turns it off should know that no broken peg is then left for. */
  depeg: depegSchema,
  /** When the perpetual's mark is nearer to its liquidation price, the pair is ... */
  liquidationDistancePct: amount('percent', { min: '0', max: '100' }, '10').prefault('10'),
  /** ... reduced on both legs until it is so far away; at or under that distance: closed whole. */
  liquidationTargetPct: amount('percent', { min: '0', max: '100' }, '20').prefault('20'),
  /** Leave when what is still to be earned turns negative. */
  fundingFlip: choice('on', 'off').prefault('on'),
  venueDown: section({
    /** Wall time without a sign of life from a leg's market. */
    afterSeconds: durationMs('seconds', '5').prefault('60'),
    /** Close the other leg then, and have no hedge until the venue is back. */
    closeReachable: yesOrNo().prefault('false'),
  }).prefault({}),
  funding: fundingKindSchema.prefault('off'),
  /** By the ccxt id of a venue, over the fitted ones; `other`: every venue that is not named. */
  fundingPersistence: z
    .record(z.string(), persistence, {
      error: 'must be a section of exchanges and numbers from 0 to 1, such as bybit: 0.66',
    })
    .prefault({})
    .transform((given): FundingPersistence => ({ ...fundingPersistence, ...given })),
  /** What is sold: coins that the account has, or coins that its exchange lends it. */
  shortSpot: choice('inventory', 'borrow', 'off').prefault('inventory'),
  /** All four book sides hold this many times the size within `depthWithinBps`. */
  minDepthMultiple: amountOrOff('times the size', { above: '0', max: '1000' }, '5').prefault('5'),
  depthWithinBps: amount('basis points', { above: '0', max: '1000' }, '10').prefault('10'),
  /** How often all pairs are looked at, and what stands is reported again; a crossing is reported at once. */
  scanIntervalSeconds: durationMs('seconds', '1').prefault('30'),
  /** The same while there is no opportunity. */
  idleScanIntervalSeconds: durationMs('seconds', '1').prefault('60'),
});

const sizingSchema = section({
  bootstrapUsd: amount('US dollars', { above: '0' }, '10000'),
  /** A size at or under it is refused, never lifted. */
  minPositionUsd: amount('US dollars', { min: '0' }, '1000').prefault('1000'),
  /** Once in 14 days for a pair whose history speaks against it; off: it is then not traded again. */
  probeUsd: amountOrOff('US dollars', { above: '0' }, '1500').prefault('off'),
});

const share = (example: string) => amountOrOff('percent of equity', { above: '0', max: '100' }, example);

const bucketSchema = section({
  /** Both legs are at these exchanges; none named: at any. */
  venues: z.array(text('an exchange'), { error: 'must be a list of exchanges' }).prefault([]),
  /** Assets; none named: any. */
  coins: z.array(text('a coin', /^[A-Z0-9]+$/), { error: 'must be a list of coins' }).prefault([]),
  capPct: amount('percent of equity', { above: '0', max: '100' }, '20'),
});

/** The article's; the first that matches caps a position, and the last one takes the rest. */
const articleBuckets = [
  { venues: ['binance', 'dydx'], coins: ['USDC'], capPct: '40' },
  { venues: ['coinbase', 'perpetual-protocol'], coins: ['USDT'], capPct: '30' },
  { capPct: '20' },
];

const limitsSchema = section({
  maxPositionUsd: amount('US dollars', { above: '0' }, '100000').prefault('100000'),
  /** Everything between two exchanges. */
  maxPairUsd: amount('US dollars', { above: '0' }, '50000').prefault('50000'),
  /** Everything held at one exchange. */
  venueCapPct: share('60').prefault('60'),
  /** Capital, the spot leg and the perpetual's margin. */
  buckets: z
    .array(bucketSchema, { error: 'must be a list of buckets, such as { coins: [USDC], capPct: 40 }' })
    .prefault(articleBuckets),
  minFreeCashPct: share('10').prefault('10'),
  /** With each open position of another pair, on hourly changes of the basis. */
  maxCorrelation: amountOrOff('', { min: '-1', max: '1' }, '0.7').prefault('0.7'),
  /** From the high-water mark, net of deposits: nothing is opened any more until a person resumes. */
  maxDrawdownPct: share('3').prefault('3'),
  /** A halt closes what is open, too. */
  haltCloses: yesOrNo().prefault('false'),
  /** Notional whose quote coin is not hedged, for each coin. */
  maxQuoteExposureUsd: amount('US dollars', { min: '0' }, '10000').prefault('10000'),
});

export const executionStyles = ['taker_taker', 'maker_hedge', 'market'] as const satisfies readonly ExecutionStyle[];

const executionSchema = section({
  style: choice(...executionStyles).prefault('taker_taker'),
  /** Of `maker_hedge`: wall time for which quotes rest, and what becomes of what is missing then. */
  makerDeadlineMs: count('milliseconds', 1_000, 600_000).prefault('60000'),
  atMakerDeadline: choice('convert', 'stop').prefault('stop'),
  /** Of `maker_hedge`: what rests, or waits for its hedge, at a time. */
  maxUnhedgedUsd: amount('US dollars', { min: '20' }, '1000').prefault('1000'),
  maxOpenSlippageBps: amount('basis points', { min: '0', max: '1000' }, '5').prefault('5'),
  maxCloseSlippageBps: amount('basis points', { min: '0', max: '1000' }, '50').prefault('50'),
  /** Wall time from the first fill until both legs are equal, or the excess is taken back. */
  hedgeDeadlineMs: count('milliseconds', 1_000, 600_000).prefault('20000'),
  maxCloseRejections: count('rejections in a row', 1, 1_000).prefault('5'),
});

const reconcileSchema = section({
  /** A position whose workflow was terminated or failed is brought to zero at once; no: a person is told. */
  flattenOrphans: yesOrNo().prefault('false'),
});

const fundingSchema = z.discriminatedUnion(
  'kind',
  [
    /** A model: the same rate at every settlement. */
    section({
      kind: z.literal('constant'),
      rate: amount('notional per settlement, as a fraction', { min: '-0.05', max: '0.05' }, '0.0001'),
      intervalHours: count('hours', 1, 24).prefault('8'),
    }),
    /** A record; settlements that it does not hold use `rate`. */
    section({
      kind: z.literal('recorded'),
      file: text('the path of a CSV file with the columns time,rate'),
      rate: amount('notional per settlement, as a fraction', { min: '-0.05', max: '0.05' }, '0').prefault('0'),
      intervalHours: count('hours', 1, 24).prefault('8'),
    }),
  ],
  { error: 'must have the kind constant (a model) or recorded (a file)' },
);

/** Depth around the recorded price: a model, as the tape holds no order books. */
const depthSchema = section({
  spreadTicks: amount('ticks', { above: '0' }, '1').prefault('1'),
  levels: count('levels', 1, 1_000).prefault('5'),
  levelQuantity: amount('base units', { above: '0' }, '50000').prefault('50000'),
  levelTicks: amount('ticks', { above: '0' }, '1').prefault('1'),
  /** Wall time after which consumed depth is back. */
  refillMs: count('milliseconds', 0, 86_400_000).prefault('1000'),
});

const simulationSchema = section({
  /** Path from the project's folder. */
  tape: text('the path of a tape'),
  /** Of random faults, where a control port is open. */
  seed: count('steps from zero', 0, 4_294_967_295).prefault('1'),
  funding: fundingSchema,
  model: depthSchema.prefault({}),
});

export const configSchema = section({
  mode: choice('demo', 'paper', 'sandbox', 'live'),
  /** One of the two switches that real money needs, in mode live; the other is the flag `--live`. */
  live: yesOrNo().prefault('false'),
  book: text('a name', /^[a-z][a-z0-9-]*$/).prefault('default'),
  clock: section({
    scale: ratio('market seconds in a wall second', { above: '0', max: '1000000' }).prefault('1'),
  }).prefault({}),
  accounts: z.record(z.string(), accountSchema, { error: 'must be a section of named accounts' }),
  /** One by one; those of `universe` come after them. */
  pairs: z.array(pairSchema, { error: 'must be a list of pairs' }).prefault([]),
  universe: universeSchema.optional(),
  strategy: strategySchema,
  sizing: sizingSchema,
  limits: limitsSchema.prefault({}),
  execution: executionSchema.prefault({}),
  reconcile: reconcileSchema.prefault({}),
  /** Whom to tell; without a target, alerts are in the ledger and the log alone. */
  alerts: alertsSchema.prefault({}),
  simulation: simulationSchema.optional(),
}).transform(({ simulation, strategy, accounts, pairs, universe, ...rest }) => ({
  ...rest,
  /** A generated one that an exchange does not have is left out; one that was written is an error. */
  pairs: pairs.map((pair) => ({ ...pair, isGenerated: false })),
  /** Null: every pair is written out. */
  universe: universe ?? null,
  accounts: Object.fromEntries(
    Object.entries(accounts).map(([name, { sandbox, subAccount, fees, ...terms }]) => [
      name,
      {
        ...terms,
        fees: parsedFees(fees, rest.mode),
        sandbox: sandbox ?? rest.mode === 'sandbox',
        subAccount: subAccount ?? null,
      },
    ]),
  ),
  strategy: parsedStrategy(strategy),
  /** Null where nothing is simulated from a tape. */
  simulation: simulation ?? null,
}));

/** Simulated exchanges have no coin of their own to take fees in. */
function parsedFees({ perpTakerBps, perpMakerBps, spotFeeCoin, ...fees }: z.output<typeof feesSchema>, mode: string) {
  const isReal = mode !== 'demo' && mode !== 'paper';
  const paidIn = isReal && spotFeeCoin !== undefined ? { spotFeeCoin } : {};
  return {
    ...fees,
    ...paidIn,
    perpTakerBps: perpTakerBps ?? fees.takerBps,
    perpMakerBps: perpMakerBps ?? fees.makerBps,
  };
}

function parsedStrategy(written: z.output<typeof strategySchema>) {
  const { reentryCooldownHours, scanIntervalSeconds, idleScanIntervalSeconds, ...others } = written;
  const { horizonDays, venueDown, depeg, ...strategy } = others;
  return {
    ...strategy,
    depeg: depeg === null ? null : { ...without(depeg, 'holdMinutes'), holdMs: depeg.holdMinutes },
    venueDown: { afterMs: venueDown.afterSeconds, closeReachable: venueDown.closeReachable },
    horizonDays: horizonDays ?? strategy.maxHoldingDays,
    reentryCooldownMs: reentryCooldownHours,
    scanIntervalMs: scanIntervalSeconds,
    idleScanIntervalMs: idleScanIntervalSeconds,
  };
}

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}

/** The parsed configuration, plain JSON. */
export type Config = z.output<typeof configSchema>;
