/**
 * The service that the harness torments: several accounts at two venues, both legs at one venue too, deep books, limits
 * that are sometimes reached, and an engine that opens nothing by itself.
 */

export const spotSymbol = 'USDC/USDT';
export const perpSymbol = 'USDC/USDT:USDT';
/** The perpetual and spot venues of the harness. */
export const venues = ['bybit', 'binanceusdm'] as const;
export type VenueName = (typeof venues)[number];

export interface HarnessPair {
  readonly spot: string;
  readonly perp: string;
}

/** Who trades where: a worker process for each account. */
export interface Field {
  /** Venues by account. A binance account reads few lists a minute, hence several: pairs share exchanges, not limits. */
  readonly accounts: Readonly<Record<string, VenueName>>;
  readonly pairs: readonly HarnessPair[];
  /** Of everything between two exchanges. */
  readonly maxPairUsd: string;
}

/** For many positions at once. */
export const wholeField: Field = {
  accounts: {
    'bybit-a': 'bybit',
    'bybit-b': 'bybit',
    'binance-a': 'binanceusdm',
    'binance-b': 'binanceusdm',
    'binance-c': 'binanceusdm',
  },
  pairs: [
    { spot: 'bybit-a', perp: 'binance-a' },
    { spot: 'bybit-a', perp: 'binance-b' },
    { spot: 'bybit-b', perp: 'binance-c' },
    { spot: 'bybit-b', perp: 'bybit-b' },
  ],
  maxPairUsd: '440000',
};

/** For a few: quicker to start. */
export const smallField: Field = {
  accounts: { 'bybit-a': 'bybit', 'binance-a': 'binanceusdm' },
  pairs: [{ spot: 'bybit-a', perp: 'binance-a' }],
  maxPairUsd: '260000',
};

/** Prices that every round starts from and ends with; the gap pays neither direction much. */
export const calmPrices = { spot: '1.0000', perp: '0.9990' } as const;

/** At a gap of this, in basis points of either sign, the watcher leaves a position. */
export const exitBps = '-40';

/** Of a position. */
const maxPositionUsd = '20000';

export function limitsOf({ maxPairUsd }: Field) {
  return { maxPositionUsd, maxPairUsd };
}

export const execution = { maxOpenSlippageBps: '3', maxCloseSlippageBps: '30', hedgeDeadlineMs: 20_000 } as const;

/** A JSON document, which is YAML too. */
export function harnessConfig(field: Field): string {
  const { accounts, pairs } = field;
  const fees = { takerBps: '2', makerBps: '1' };
  return JSON.stringify({
    mode: 'demo',
    book: 'faults',
    clock: { scale: '1' },
    strategy: {
      // The scan finds nothing; the harness brings its own plans.
      entryBps: '9000',
      exitBps,
      minNetApyPct: 'off',
      depeg: 'off',
      maxHoldingDays: '2',
      stopLossPct: '100',
      profitTargetPct: '100',
      convergence: 'literal',
      scanIntervalSeconds: '3600',
    },
    accounts: Object.fromEntries(
      Object.entries(accounts).map(([name, venue]) => [
        name,
        {
          venue,
          fees,
          leverage: '3',
          // As from a host of its own: without it the accounts of one exchange share its pace by address.
          rateLimitShare: '1',
          startingBalances: { USDT: '20000000', USDC: venue === 'bybit' ? '20000000' : '0' },
        },
      ]),
    ),
    pairs: pairs.map(({ spot, perp }) => ({
      asset: 'USDC',
      spot: { account: spot, symbol: spotSymbol },
      perp: { account: perp, symbol: perpSymbol },
      ...(spot === perp ? { allowSameVenue: 'true' } : {}),
    })),
    sizing: { bootstrapUsd: '1000', minPositionUsd: '10' },
    limits: limitsOf(field),
    execution: { ...execution, hedgeDeadlineMs: String(execution.hedgeDeadlineMs) },
    simulation: {
      // Required here, and not used: the harness sets every price itself.
      tape: 'data/usdc-basis-2025-10.csv',
      funding: { kind: 'constant', rate: '0.00003', intervalHours: '8' },
      model: { spreadTicks: '1', levels: '5', levelQuantity: '20000', levelTicks: '1', refillMs: '200' },
    },
  });
}
