/** Ports made by hand for the activities of an account's read queue: each test replaces what its story is about. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createAccountActivities, type AccountActivities } from '../../../activities/account.ts';
import type { ClockAnchor } from '../../../src/domain/market-clock.ts';
import type { Alert } from '../../../src/ports/alerts.ts';
import type { Ledger, NetFills, OrderRow } from '../../../src/ports/ledger.ts';
import type { AccountReading, Venue, VenuePosition } from '../../../src/ports/venue.ts';

export const account = 'binance-main';
export const perpetual = 'USDC/USDT:USDT';
/** Wall and market time at the start of every story; one runs as fast as the other, and has for a year. */
export const startMs = 1_790_000_000_000;
const anchoredMs = startMs - 365 * 86_400_000;
export const anchor: ClockAnchor = { wallMs: anchoredMs, marketMs: anchoredMs, scale: 1, tapeEndMs: null };

const unasked = (what: string) => (): Promise<never> => Promise.reject(new Error(`${what} was not expected`));

export interface Story {
  readonly activities: AccountActivities;
  /** What was raised, oldest first, and the keys that were resolved. */
  readonly raised: Alert[];
  readonly resolved: string[];
  /** Alerts that stand now. */
  readonly open: Set<string>;
  nowMs: number;
  /** Ends the watch before its next pass. */
  readonly stop: () => void;
}

export interface StoryParts {
  readonly venue?: Partial<Venue>;
  readonly ledger?: Partial<Ledger>;
  /** Called instead of waiting between two passes of a watch; the clock is 10 s further then. */
  readonly betweenPasses?: (pass: number, story: Story) => void;
}

export function tell({ venue = {}, ledger = {}, betweenPasses = (_pass, story) => story.stop() }: StoryParts): Story {
  const stopping = new AbortController();
  const raised: Alert[] = [];
  const resolved: string[] = [];
  const open = new Set<string>();
  let pass = 0;
  const activities = createAccountActivities({
    venue: { ...quietVenue(() => story.nowMs), ...venue },
    ledger: { ...quietLedger(), ...ledger },
    alerts: {
      raise: async (alert) => {
        raised.push(alert);
        open.add(alert.key);
      },
      resolve: async (key) => {
        resolved.push(key);
        open.delete(key);
      },
    },
    clock: { nowMs: () => story.nowMs },
    stopping: stopping.signal,
    pause: async (durationMs) => {
      story.nowMs += durationMs;
      pass += 1;
      betweenPasses(pass, story);
    },
  });
  const story: Story = { activities, raised, resolved, open, nowMs: startMs, stop: () => stopping.abort() };
  return story;
}

/** An attempt as the server would start it: `attempt` counts from 1. */
export function attempt(count = 1, scheduledAtMs = startMs, heartbeatDetails?: unknown): MockActivityEnvironment {
  return new MockActivityEnvironment({ attempt: count, scheduledTimestampMs: scheduledAtMs, heartbeatDetails });
}

export const watchInput = { symbols: [perpetual], perpetuals: [perpetual], anchor };

/** A market day ago the account was declared, holding nothing. */
export const declaredAtMs = startMs - 86_400_000;

export function reading(quantityBase: string, nowMs = startMs): AccountReading {
  const position: VenuePosition = {
    symbol: perpetual,
    quantityBase,
    entryPrice: '1.0001',
    markPrice: '1',
    liquidationPrice: '1.4',
    leverage: '3',
  };
  return {
    account,
    balances: [{ currency: 'USDT', total: '1000', free: '900' }],
    positions: quantityBase === '0' ? [] : [position],
    openOrderIds: [],
    freeMargin: '900',
    readAtMs: nowMs,
  };
}

export function explained(quantityBase: string, unresolvedOrders = 0): NetFills[] {
  return [{ symbol: perpetual, quantityBase, unresolvedOrders }];
}

export const sending: OrderRow & { readonly isFenced: boolean } = {
  isFenced: false,
  clientOrderId: 'bk1',
  positionKey: 'USDC-bybit-binanceusdm-long-A',
  leg: 'perp',
  account,
  venue: 'binanceusdm',
  symbol: perpetual,
  side: 'sell',
  purpose: 'open',
  step: 1,
  attempt: 1,
  quantityBase: '100',
  limitPrice: '1',
  timeInForce: 'ioc',
  reduceOnly: false,
  state: 'sending',
  venueOrderId: null,
  claimedAtMs: startMs,
  sendByMs: startMs + 2_000,
  filledBase: '0',
  averagePrice: null,
  reason: null,
};

function quietVenue(nowMs: () => number): Venue {
  return {
    account,
    capabilities: {
      venue: 'binanceusdm',
      clientOrderIdForm: 'alphanumeric',
      clientOrderIdScope: 'open_orders',
      requestExpiry: { mechanism: 'recvWindow', expiryMs: 5_000 },
      visibilityLagMs: 2_000,
      spotFeeCurrency: 'quote',
      fundingDelayMs: 60_000,
      orderKinds: ['ioc'],
    },
    instruments: unasked('instruments'),
    serverTimeMs: () => Promise.resolve(nowMs()),
    prepare: unasked('prepare'),
    submit: unasked('submit'),
    lookUp: unasked('lookUp'),
    cancel: unasked('cancel'),
    orderFills: unasked('orderFills'),
    fillsSince: unasked('fillsSince'),
    fundingPaymentsSince: () => Promise.resolve([]),
    reading: () => Promise.resolve(reading('0', nowMs())),
    permissions: unasked('permissions'),
    close: () => Promise.resolve(),
  };
}

export function quietLedger(): Ledger {
  return {
    installationId: unasked('installationId'),
    reserve: unasked('reserve'),
    prepareOpening: unasked('prepareOpening'),
    settleReservation: unasked('settleReservation'),
    recordBases: unasked('recordBases'),
    basisHistory: unasked('basisHistory'),
    recordFundingRates: unasked('recordFundingRates'),
    fundingRates: unasked('fundingRates'),
    observeEquity: unasked('observeEquity'),
    resetDrawdown: unasked('resetDrawdown'),
    recordHalt: unasked('recordHalt'),
    drawdownOf: unasked('drawdownOf'),
    haltOf: unasked('haltOf'),
    standingHalt: unasked('standingHalt'),
    endHalt: unasked('endHalt'),
    alertsSince: unasked('alertsSince'),
    prepareOrders: unasked('prepareOrders'),
    prepareNext: unasked('prepareNext'),
    claimOrder: unasked('claimOrder'),
    fencePosition: unasked('fencePosition'),
    acceptResidual: unasked('acceptResidual'),
    recordOutcome: unasked('recordOutcome'),
    recordProgress: unasked('recordProgress'),
    recordSettlement: unasked('recordSettlement'),
    markAbsent: unasked('markAbsent'),
    withdrawOrder: unasked('withdrawOrder'),
    order: unasked('order'),
    ordersOf: unasked('ordersOf'),
    unresolvedOrderIds: unasked('unresolvedOrderIds'),
    unevaluatedWatches: unasked('unevaluatedWatches'),
    fillsOf: unasked('fillsOf'),
    fillsOfAccount: () => Promise.resolve([]),
    netFills: () => Promise.resolve([]),
    bookVenueFills: unasked('bookVenueFills'),
    venueOrdersOfLive: () => Promise.resolve([]),
    updatePosition: unasked('updatePosition'),
    position: () => Promise.resolve(null),
    positions: () => Promise.resolve([]),
    recordFundingPayments: () => Promise.resolve(),
    recordLiquidationCharges: unasked('recordLiquidationCharges'),
    liquidationChargesOf: () => Promise.resolve([]),
    fundingPaymentsOfAccount: () => Promise.resolve([]),
    recordInterest: unasked('recordInterest'),
    interestOfAccount: unasked('interestOfAccount'),
    armWatch: unasked('armWatch'),
    disarmWatch: unasked('disarmWatch'),
    armedWatches: unasked('armedWatches'),
    stampEvaluated: unasked('stampEvaluated'),
    evaluatedAtMs: unasked('evaluatedAtMs'),
    listenForWatches: unasked('listenForWatches'),
    writeMarks: unasked('writeMarks'),
    latestMarks: unasked('latestMarks'),
    accountFlows: unasked('accountFlows'),
    isAccountQuiet: unasked('isAccountQuiet'),
    writeEquity: unasked('writeEquity'),
    latestEquity: unasked('latestEquity'),
    equityPoints: unasked('equityPoints'),
    unmarkedCloses: unasked('unmarkedCloses'),
    tradedPositions: unasked('tradedPositions'),
    recordPerformance: unasked('recordPerformance'),
    dailyPerformance: unasked('dailyPerformance'),
    writeReading: () => Promise.resolve(),
    latestReading: unasked('latestReading'),
    boundCoins: unasked('boundCoins'),
    declareBaseline: (baseline) =>
      Promise.resolve({ ...baseline, declaredAtWallMs: declaredAtMs, declaredAtMarketMs: declaredAtMs }),
    baselines: unasked('baselines'),
    declareBaselineChange: unasked('declareBaselineChange'),
    raiseAlert: unasked('raiseAlert'),
    resolveAlert: unasked('resolveAlert'),
    openAlerts: unasked('openAlerts'),
    recordReconciliation: unasked('recordReconciliation'),
    latestReconciliations: unasked('latestReconciliations'),
    totals: unasked('totals'),
    close: () => Promise.resolve(),
  };
}
