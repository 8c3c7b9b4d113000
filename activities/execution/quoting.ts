/** Activities on the order books that an opening by resting orders quotes by. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { executablePrice, levelsFor } from '../../src/domain/basis.ts';
import { decimal, toText, type DecimalText } from '../../src/domain/decimal.ts';
import { increasingSide } from '../../src/domain/execution/moves.ts';
import type { LegName } from '../../src/domain/order.ts';
import type { MakerStyle, PositionPlan } from '../../src/domain/position.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { LegPrices } from '../../src/domain/watch.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { VenueError, type MarketData } from '../../src/ports/venue.ts';
import { checkEdge } from '../../src/strategy/plan.ts';
import { isMoved, quotePrice, type OwnQuote, type QuotePrice } from '../../src/strategy/quote-price.ts';
import { messageOf, withFailures } from '../failures.ts';

export interface QuotingPorts {
  readonly marketData: Pick<MarketData, 'orderBook'>;
  readonly clock: Clock;
}

export interface QuoteRequest {
  readonly plan: PositionPlan;
  readonly quantityBase: DecimalText;
  /** Wall time. */
  readonly untilMs: number;
}

/** Prices at which both legs could be opened now, and whether the gap is there for them. */
export interface OpeningTerms {
  readonly prices: LegPrices;
  /** Null: it is. */
  readonly gone: string | null;
}

/** Between two reads of both order books. */
const readAgainMs = 500;
/** A quote whose order books cannot be read for so long is taken away; wall time. */
const blindMs = 5_000;

export function createQuoteActivities({ marketData, clock }: QuotingPorts) {
  const books = async (plan: PositionPlan): Promise<{ spot: Quote; perp: Quote }> => {
    const [spot, perp] = await Promise.all(
      [plan.spot, plan.perp].map(({ instrument }) => marketData.orderBook(instrument.venue, instrument.symbol)),
    );
    if (spot === undefined || perp === undefined) throw new Error('two order books were asked for');
    return { spot, perp };
  };
  const priceNow = async (request: QuoteRequest, own: OwnQuote | null): Promise<QuotePrice> => {
    const style = makerStyle(request.plan);
    const quotes = await books(request.plan);
    return quotePrice(request.plan, style, quotes, decimal(request.quantityBase), own, clock.nowMs());
  };

  return {
    /** The price of a quote, as soon as the gap is there for it; `none` when it was not by then. */
    async awaitQuote(request: QuoteRequest): Promise<QuotePrice> {
      let last: QuotePrice = { kind: 'none', reason: 'the order books were not read' };
      return withFailures(async () => {
        for (;;) {
          try {
            last = await priceNow(request, null);
            if (last.kind === 'quote') return last;
          } catch (error) {
            last = { kind: 'none', reason: unreadable(error) };
          }
          if (clock.nowMs() >= request.untilMs) return last;
          await pause();
        }
      });
    },

    /** Answers why a quote should not stay where it is, once that is so, or by then. */
    async watchQuote(request: QuoteRequest & { own: OwnQuote }): Promise<string> {
      return withFailures(async () => {
        const { plan, own, untilMs } = request;
        const leg = plan[makerStyle(plan).makerLeg];
        let seenAtMs = clock.nowMs();
        while (clock.nowMs() < untilMs) {
          try {
            const price = await priceNow(request, own);
            if (price.kind === 'none') return price.reason;
            const wanted = price.prices[makerStyle(plan).makerLeg];
            if (isMoved(own.limitPrice, wanted, leg.instrument.priceTick)) return `its price is ${wanted} now`;
            seenAtMs = clock.nowMs();
          } catch (error) {
            if (clock.nowMs() - seenAtMs > blindMs) return unreadable(error);
          }
          await pause();
        }
        return 'its time is up';
      });
    },

    /** For the plan's whole size: of a part, give a plan of that size. */
    async openingTerms(plan: PositionPlan): Promise<OpeningTerms> {
      return withFailures(async () => {
        const quotes = await books(plan);
        const edge = checkEdge(plan, quotes.spot, quotes.perp, clock.nowMs());
        const prices = { spot: openingPrice(plan, 'spot', quotes.spot), perp: openingPrice(plan, 'perp', quotes.perp) };
        return { prices, gone: edge.kind === 'holds' ? null : edge.reason };
      });
    },
  };
}

/** What the size would cost; the worst level where the order book holds less: the slippage cap still bounds it. */
function openingPrice(plan: PositionPlan, leg: LegName, quote: Quote): DecimalText {
  const levels = levelsFor(quote, increasingSide(plan, leg));
  const worst = levels.at(-1);
  if (worst === undefined)
    throw new VenueError('unavailable', `${quote.venue} ${quote.symbol} has an empty order book`);
  return toText(executablePrice(levels, decimal(plan.quantityBase)) ?? decimal(worst.price));
}

function makerStyle({ key, style }: PositionPlan): MakerStyle {
  if (style?.kind !== 'maker_hedge') throw new Error(`plan ${key} lets no order rest`);
  return style;
}

/** Only what a venue or the network did: a mistake of ours is no reason to wait. */
function unreadable(error: unknown): string {
  if (!(error instanceof VenueError) || !error.retryable) throw error;
  return `the order books could not be read: ${messageOf(error)}`;
}

async function pause(): Promise<void> {
  const context = Context.current();
  context.heartbeat();
  await sleep(readAgainMs, undefined, { signal: context.cancellationSignal }).catch(() => context.cancelled);
}
