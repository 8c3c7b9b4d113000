/** Activities on public market data: the edge before an opening, prices for a close, the watchdog, and the watcher. */
import { Context } from '@temporalio/activity';
import { loanOf } from '../src/domain/margin/borrow.ts';
import { executablePrice, levelsFor } from '../src/domain/basis.ts';
import { decimal, toText, type DecimalText } from '../src/domain/decimal.ts';
import { reducingSide, type Move } from '../src/domain/execution/decide.ts';
import { evaluateExits, extentOf } from '../src/domain/exits.ts';
import { carryAhead } from '../src/domain/exits/carry-ahead.ts';
import { loanRate } from '../src/domain/exits/margin-distance.ts';
import { marketTimeMs } from '../src/domain/market-clock.ts';
import type { LegName } from '../src/domain/order.ts';
import type { PositionPlan } from '../src/domain/position.ts';
import type { Healed } from '../src/domain/reconciliation/reconciliation.ts';
import type { Quote } from '../src/domain/quote.ts';
import type { LegPrices, Watch } from '../src/domain/watch.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import { VenueError, type MarketData } from '../src/ports/venue.ts';
import { sizedToDepth, type SizedMove } from '../src/strategy/market-size.ts';
import { coinsOf } from '../src/strategy/pair.ts';
import { checkEdge } from '../src/strategy/plan.ts';
import { withFailures } from './failures.ts';
import { readOutlook } from './records/funding-outlook.ts';
import { createQuoteActivities } from './execution/quoting.ts';
import { evaluateForgotten, type WatchdogResult } from './watching/forgotten-watches.ts';
import { chargedInterest } from './records/interest.ts';
import { marginReadingOf, perpReadingOf } from './watching/armed-positions.ts';
import { readFundingToDate } from './watching/funding-to-date.ts';
import { temporalClockOfAttempt } from './watching/temporal-clock.ts';
import { readQuotes, watchMarkets, type WatcherPorts, type WatchInput } from './watching/watch-markets.ts';

export type EdgeCheck = { readonly kind: 'holds' } | { readonly kind: 'gone'; readonly reason: string };

export interface MarketPorts extends WatcherPorts {
  readonly ledger: WatcherPorts['ledger'] & Pick<Ledger, 'unevaluatedWatches' | 'position'>;
}

export function createMarketActivities(ports: MarketPorts) {
  const { ledger, marketData, clock, pegs } = ports;

  return {
    ...createQuoteActivities(ports),

    /** Whether the gap that the plan was made for is still there, on fresh order books. */
    async checkEdge(plan: PositionPlan): Promise<EdgeCheck> {
      return withFailures(async () => {
        const [[spot, perp], offPeg] = await Promise.all([
          readQuotes(marketData, plan),
          pegs.openingRefusal(coinsOf(plan)),
        ]);
        if (offPeg !== null) return { kind: 'gone', reason: offPeg };
        const edge = checkEdge(plan, spot, perp, clock.nowMs());
        return edge.kind === 'holds' ? { kind: 'holds' } : { kind: 'gone', reason: edge.reason };
      });
    },

    /** Executable prices of the sides that reduce the position, for its whole size; of these legs alone. */
    async closingPrices(plan: PositionPlan, legs?: readonly LegName[]): Promise<Partial<LegPrices>> {
      return withFailures(() => closingPricesOf(marketData, plan, legs));
    },

    /** The same of the perpetual alone: a broken coin's spot market may have stopped. */
    async perpClosingPrice(plan: PositionPlan): Promise<DecimalText> {
      return withFailures(async () => {
        return closingPrice(plan, 'perp', await readQuote(marketData, plan, 'perp'));
      });
    },

    /** Each move no larger than the order book holds within its slippage. */
    async sizeToDepth({ plan, moves }: { plan: PositionPlan; moves: readonly Move[] }): Promise<SizedMove[]> {
      return withFailures(() =>
        Promise.all(
          moves.map(async (move) => {
            const sized = sizedToDepth(plan, move, await readQuote(marketData, plan, move.leg));
            if (sized === null) throw new VenueError('unavailable', `${move.leg}: one side of its order book is empty`);
            return sized;
          }),
        ),
      );
    },

    /** The watchdog: one evaluation on fresh order books. A stop needs seconds to hold, so it is the watcher's to see. */
    async evaluateExit(watch: Watch): Promise<WatchdogResult> {
      return withFailures(() => evaluate(watch));
    },

    /** Watches that nobody has evaluated since then: evaluated here, once, and their positions signalled. */
    async evaluateForgotten(input: { sinceMs: number }): Promise<Healed[]> {
      return withFailures(async () => {
        const context = Context.current();
        const temporalClock = temporalClockOfAttempt({ ...ports, warn: (line) => context.log.warn(line) });
        await temporalClock.look();
        return evaluateForgotten({ ...ports, temporalClock, evaluate, client: () => context.client }, input.sinceMs);
      });
    },

    async watchMarkets(input: WatchInput): Promise<void> {
      await watchMarkets(ports, input);
    },
  };

  async function evaluate(watch: Watch): Promise<WatchdogResult> {
    const { plan } = watch;
    const { venue, symbol } = plan.perp.instrument;
    // First: of a market that is gone there are no order books, and a person may have ended the position for that.
    if ((await ledger.position(watch.key))?.isFenced === true)
      return { decision: null, mark: null, notEvaluable: null, isFenced: true };
    const [[spotQuote, perpQuote], outlook, fundingUsd, reading, spotReading, interest] = await Promise.all([
      readQuotes(marketData, plan),
      // Without a rate the other rules are evaluated all the same.
      readOutlook(ports, venue, symbol, marketTimeMs(watch.anchor, clock.nowMs())).catch(() => null),
      readFundingToDate(ledger, watch),
      ledger.latestReading(plan.perp.account),
      loanOf(plan) === null ? null : ledger.latestReading(plan.spot.account),
      chargedInterest(ledger, plan),
      pegs.refresh(),
    ]);
    pegs.look(watch.anchor);
    const nowWallMs = clock.nowMs();
    const margin = marginReadingOf(plan, spotReading);
    const evaluation = evaluateExits({
      watch,
      spotQuote,
      perpQuote,
      fundingUsd,
      interestBase: toText(interest),
      margin,
      expectedCarry: carryAhead(watch, outlook, nowWallMs, loanRate(margin, plan))?.toFixed() ?? null,
      pegOf: pegs.pegOf,
      perpReading: perpReadingOf(reading, symbol),
      nowWallMs,
      stopSinceWallMs: null,
    });
    const { reason, detail, prices, mark, notEvaluable } = evaluation;
    if (reason === null) return { decision: null, mark, notEvaluable, isFenced: false };
    const decisionId = `${watch.key}/${reason}/watchdog/${nowWallMs}`;
    const decision = { decisionId, reason, detail, prices, observedAtMs: nowWallMs, ...extentOf(evaluation) };
    return { decision, mark, notEvaluable, isFenced: false };
  }
}

export type MarketActivities = ReturnType<typeof createMarketActivities>;

/** @throws VenueError when one of the order books cannot be read, or is empty; the other legs' are not looked at */
export async function closingPricesOf(
  marketData: Pick<MarketData, 'orderBook'>,
  plan: PositionPlan,
  legs: readonly LegName[] = ['spot', 'perp'],
): Promise<Partial<LegPrices>> {
  const prices = await Promise.all(
    legs.map(async (leg) => [leg, closingPrice(plan, leg, await readQuote(marketData, plan, leg))] as const),
  );
  return Object.fromEntries(prices);
}

/** One leg's order book, over REST. */
function readQuote(marketData: Pick<MarketData, 'orderBook'>, plan: PositionPlan, leg: LegName): Promise<Quote> {
  const { venue, symbol } = plan[leg].instrument;
  return marketData.orderBook(venue, symbol);
}

/** What the whole size would fetch; the worst level where the order book holds less: the slippage cap still bounds it. */
function closingPrice(plan: PositionPlan, leg: LegName, quote: Quote): DecimalText {
  const levels = levelsFor(quote, reducingSide(plan, leg));
  const worst = levels.at(-1);
  if (worst === undefined)
    throw new VenueError('unavailable', `${quote.venue} ${quote.symbol} has an empty order book`);
  return toText(executablePrice(levels, decimal(plan.quantityBase)) ?? decimal(worst.price));
}
