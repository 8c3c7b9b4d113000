/** Activities on public market data: the edge before an opening, prices for a close, the watchdog, and the watcher. */
import { constantOutlook } from '../src/domain/carry.ts';
import { executablePrice, levelsFor } from '../src/domain/basis.ts';
import { decimal, toText, type DecimalText } from '../src/domain/decimal.ts';
import { reducingSide } from '../src/domain/execution/decide.ts';
import { evaluateExits } from '../src/domain/exits.ts';
import type { LegName } from '../src/domain/order.ts';
import type { PositionPlan } from '../src/domain/position.ts';
import type { Quote } from '../src/domain/quote.ts';
import type { ExitDecision, LegPrices, Mark, Watch } from '../src/domain/watch.ts';
import { VenueError } from '../src/ports/venue.ts';
import { checkEdge } from '../src/strategy/plan.ts';
import { withFailures } from './failures.ts';
import { carryLeft } from './watching/exit-watch.ts';
import { fundingToDate } from './watching/funding-to-date.ts';
import { readQuotes, watchMarkets, type WatcherPorts, type WatchInput } from './watching/watch-markets.ts';

export type EdgeCheck = { readonly kind: 'holds' } | { readonly kind: 'gone'; readonly reason: string };

export interface WatchdogResult {
  readonly decision: ExitDecision | null;
  readonly mark: Mark | null;
  /** Why the rules that need prices could not be evaluated; null when they were. */
  readonly notEvaluable: string | null;
}

export function createMarketActivities(ports: WatcherPorts) {
  const { ledger, marketData, clock } = ports;

  return {
    /** Whether the gap that the plan was made for is still there, on fresh order books. */
    async checkEdge(plan: PositionPlan): Promise<EdgeCheck> {
      return withFailures(async () => {
        const [spot, perp] = await readQuotes(marketData, plan);
        const edge = checkEdge(plan, spot, perp, clock.nowMs());
        return edge.kind === 'holds' ? { kind: 'holds' } : { kind: 'gone', reason: edge.reason };
      });
    },

    /** Executable prices of the sides that reduce the position, for its whole size. */
    async closingPrices(plan: PositionPlan): Promise<LegPrices> {
      return withFailures(async () => {
        const [spot, perp] = await readQuotes(marketData, plan);
        return { spot: closingPrice(plan, 'spot', spot), perp: closingPrice(plan, 'perp', perp) };
      });
    },

    /** The watchdog: one evaluation on fresh order books. A stop needs seconds to hold, so it is the watcher's to see. */
    async evaluateExit(watch: Watch): Promise<WatchdogResult> {
      return withFailures(async () => {
        const { plan } = watch;
        const { venue, symbol } = plan.perp.instrument;
        const [[spotQuote, perpQuote], outlook, payments, accountFills] = await Promise.all([
          readQuotes(marketData, plan),
          // Without a rate the other rules are evaluated all the same.
          marketData.fundingRate(venue, symbol).then(constantOutlook, () => null),
          ledger.fundingPaymentsOfAccount(plan.perp.account),
          ledger.fillsOfAccount(plan.perp.account),
        ]);
        const nowWallMs = clock.nowMs();
        const evaluation = evaluateExits({
          watch,
          spotQuote,
          perpQuote,
          fundingUsd: fundingToDate(watch, payments, accountFills),
          expectedCarry: carryLeft(watch, outlook, nowWallMs)?.toFixed() ?? null,
          nowWallMs,
          stopSinceWallMs: null,
        });
        const { reason, detail, prices, mark, notEvaluable } = evaluation;
        if (reason === null) return { decision: null, mark, notEvaluable };
        const decisionId = `${watch.key}/${reason}/watchdog/${nowWallMs}`;
        return { decision: { decisionId, reason, detail, prices, observedAtMs: nowWallMs }, mark, notEvaluable };
      });
    },

    async watchMarkets(input: WatchInput): Promise<void> {
      await watchMarkets(ports, input);
    },
  };
}

export type MarketActivities = ReturnType<typeof createMarketActivities>;

/** What the whole size would fetch; the worst level where the order book holds less: the slippage cap still bounds it. */
function closingPrice(plan: PositionPlan, leg: LegName, quote: Quote): DecimalText {
  const levels = levelsFor(quote, reducingSide(plan, leg));
  const worst = levels.at(-1);
  if (worst === undefined)
    throw new VenueError('unavailable', `${quote.venue} ${quote.symbol} has an empty order book`);
  return toText(executablePrice(levels, decimal(plan.quantityBase)) ?? decimal(worst.price));
}
