/**
 * The watcher of one shard: evaluates every armed position on every quote of its pair, then looks for opportunities.
 *
 * It rebuilds what it knows from the ledger: at the start, on every notification, and every few seconds. It heartbeats
 * only after a full pass over the armed watches, so that a stuck watcher is replaced; and it gives up by itself when
 * its event loop lags, because what it would signal would be late.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { setTimeout as sleep } from 'node:timers/promises';
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import { engineWorkflowId, firstShard, signalNames } from '../../src/domain/names.ts';
import type { PositionPlan } from '../../src/domain/position.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { Watch } from '../../src/domain/watch.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { MarketData } from '../../src/ports/venue.ts';
import { armedPositions, type ArmedPositionsLedger } from './armed-positions.ts';
import { createBasisFigures } from './basis-figures.ts';
import { createEquityMarks, type EquityLedger, type EquityTerms } from './equity-marks.ts';
import { createPortfolioGuard, type GuardTerms } from './portfolio-guard.ts';
import { createFundingReader, type FundingReaderPorts } from './funding-reader.ts';
import { followHeld, marketsOf, readHeldMarkets } from './held-markets.ts';
import { createLoanReader } from './loan-reader.ts';
import { createOpportunityScan, type ScanMarket, type ScanTerms } from './opportunity-scan.ts';
import type { PegWatch } from './peg-watch.ts';
import { temporalClockOfAttempt } from './temporal-clock.ts';
import { messageOf } from '../failures.ts';
import type { PersistenceOf } from '../records/funding-outlook.ts';

export interface WatchInput {
  readonly shard: string;
  readonly book: string;
  readonly anchor: ClockAnchor;
}

export interface WatcherPorts {
  readonly ledger: ArmedPositionsLedger &
    Pick<Ledger, 'observeEquity' | 'recordBases' | 'basisHistory' | 'fundingRates' | 'recordFundingRates'> &
    EquityLedger &
    Pick<Ledger, 'listenForWatches' | 'positions'>;
  readonly marketData: Pick<MarketData, 'orderBook' | 'fundingRate' | 'watch'>;
  readonly alerts: Alerts;
  readonly clock: Clock;
  readonly scan: ScanTerms;
  readonly equity: EquityTerms;
  readonly guard: GuardTerms;
  readonly pegs: PegWatch;
  readonly persistenceOf: PersistenceOf;
  readonly settledFunding: FundingReaderPorts['settledFunding'];
  /** Aborts when this process is asked to stop: the watcher then returns, and the next process takes over at once. */
  readonly stopping: AbortSignal;
}

const passIntervalMs = 1_000;
const maxLagMs = 2_000;
const lagCheckMs = 250;
/** A watcher returns now and then, so that its workflow's history stays short. */
const lifeMs = 6 * 3_600_000;

export async function watchMarkets(ports: WatcherPorts, input: WatchInput): Promise<void> {
  const { ledger, marketData, clock, scan, pegs } = ports;
  const context = Context.current();
  const warn = (message: string): void => context.log.warn(message);
  const temporalClock = temporalClockOfAttempt({ ...ports, warn });
  const stopping = new AbortController();
  const ended = AbortSignal.any([context.cancellationSignal, ports.stopping]);
  const signal = AbortSignal.any([stopping.signal, ended]);

  const quotes = new Map<string, Quote>();
  const quote = (venue: string, symbol: string): Quote | undefined => quotes.get(`${venue} ${symbol}`);
  const held = await readHeldMarkets(ledger, scan.pairs, ports.equity);
  const perpetuals = [...scan.pairs.map(({ perp }) => perp.instrument), ...held.perpetuals];
  const funding = createFundingReader({ ...ports, anchor: input.anchor, warn }, perpetuals);
  const bases = createBasisFigures(
    { ...ports, anchor: input.anchor, warn },
    scan.pairs.map(({ pairId }) => pairId),
  );
  const freshQuotes = ({ plan }: Watch): Promise<[Quote, Quote]> => readQuotes(marketData, plan);
  const { client } = context;
  const equity = createEquityMarks({
    ...ports,
    terms: held.equity,
    book: input.book,
    anchor: input.anchor,
    quote,
    warn,
  });
  const { pegOf } = pegs;
  const { shard } = input;
  const seen = { quote, funding, pegOf, freshQuotes };
  const positions = armedPositions({ ...ports, ...seen, temporalClock, client, shard, warn });
  const guard = createPortfolioGuard({
    ...ports,
    terms: ports.guard,
    book: input.book,
    anchor: input.anchor,
    pairs: scan.pairs,
    quote,
    equityNow: () => equity.now(),
    halt: (order) => client.workflow.getHandle(engineWorkflowId(input.book)).signal(signalNames.halt, order),
    warn,
  });
  const loans = createLoanReader(ledger, borrowers(scan), clock, warn);
  const look = createLook(
    ports,
    input,
    { quote, outlook: funding.outlook, isTaken: positions.isTaken, pegOf, loan: loans.offer, ...bases },
    warn,
  );

  const onQuote = (latest: Quote): void => {
    quotes.set(`${latest.venue} ${latest.symbol}`, latest);
    // Positions before opportunities: leaving is never late for the sake of entering.
    positions.onQuote(latest);
    look(latest);
  };
  const feeds = [
    marketData.watch(marketsOf(scan.pairs), onQuote, signal),
    ledger.listenForWatches(positions.reloadSoon, signal),
    watchLag(signal),
  ];
  // No feeds that the watching hangs on: what is not seen of a peg or a position is unknown, and a person is told.
  const others = [pegs.follow(signal), followHeld(marketData, held.markets, onQuote, signal, warn)];
  // A feed that ends, or a loop that lags, ends the watch; the next attempt starts afresh.
  let broken: string | null = null;
  const breakOff = (reason: string): void => {
    broken ??= reason;
    positions.wake();
  };
  for (const feed of feeds)
    feed.then(
      () => breakOff('a feed of the watcher ended'),
      (error) => breakOff(messageOf(error)),
    );

  try {
    const endsAtMs = clock.nowMs() + lifeMs;
    while (clock.nowMs() < endsAtMs && !ended.aborted) {
      funding.refresh();
      bases.refresh();
      loans.refresh();
      pegs.look(input.anchor);
      void temporalClock.look();
      await positions.pass();
      look();
      // One watcher is enough, whatever the number of shards.
      if (shard === firstShard) {
        void equity.pass();
        void guard.pass();
      }
      context.heartbeat();
      await positions.change(passIntervalMs);
      if (broken !== null && !ended.aborted)
        throw ApplicationFailure.create({ type: 'watcher_broken', message: broken });
    }
  } finally {
    stopping.abort();
    await Promise.allSettled([...feeds, ...others]);
  }
}

/** Both order books of a plan, over REST. */
export function readQuotes(
  marketData: Pick<MarketData, 'orderBook'>,
  { spot, perp }: PositionPlan,
): Promise<[Quote, Quote]> {
  return Promise.all([
    marketData.orderBook(spot.instrument.venue, spot.instrument.symbol),
    marketData.orderBook(perp.instrument.venue, perp.instrument.symbol),
  ]);
}

/** Signals the engine about opportunities, one report at a time. */
function createLook(
  ports: WatcherPorts,
  input: WatchInput,
  market: ScanMarket,
  warn: (message: string) => void,
): (changed?: Quote) => void {
  const { client } = Context.current();
  const engine = client.workflow.getHandle(engineWorkflowId(input.book));
  const opportunities = createOpportunityScan(ports.scan);
  let reporting = false;
  return (changed) => {
    if (reporting) return;
    const nowMs = ports.clock.nowMs();
    const report = opportunities.scan(market, nowMs, marketTimeMs(input.anchor, nowMs), changed ?? null);
    if (report === null) return;
    reporting = true;
    engine
      .signal(signalNames.opportunities, report)
      .catch((error: unknown) => warn(`the engine could not be signalled: ${messageOf(error)}`))
      .finally(() => {
        reporting = false;
      });
  };
}

/** Rejects when the event loop was held up for longer than a decision may wait. */
async function watchLag(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const before = performance.now();
    await sleep(lagCheckMs);
    const lagMs = performance.now() - before - lagCheckMs;
    if (lagMs > maxLagMs) throw new Error(`the event loop of the watcher lagged ${Math.round(lagMs)} ms`);
  }
}

/** Accounts whose coins are borrowed, where any are. */
function borrowers({ pairs, rules }: ScanTerms): string[] {
  return rules.shortSpot === 'borrow' ? [...new Set(pairs.map(({ spot }) => spot.account))] : [];
}
