/** From a candidate to a plan: what limits the size makes it smaller, and refuses nothing that a smaller size passes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constantOutlook } from '../../src/domain/carry.ts';
import { decimal, zero } from '../../src/domain/decimal.ts';
import { portfolioRefusals, type PortfolioLimits } from '../../src/domain/portfolio/limits.ts';
import { planCandidate, type AdmissionRequest, type Planned } from '../../src/strategy/admission.ts';
import type { ClosedTrade } from '../../src/strategy/kelly.ts';
import { pairOf, rulesOf } from '../support/pairs.ts';
import { perpBook, spotBook } from '../support/quotes.ts';

const dayMs = 86_400_000;
const nowMs = 400 * dayMs;
const pair = pairOf('0.5', '0.5');
const direction = 'long_spot_short_perp';

/** Thirty wins of 50 bps: half-Kelly is over a quarter of equity. */
const wins: ClosedTrade[] = Array.from({ length: 30 }, () => ({
  asset: pair.asset,
  direction,
  pairId: pair.pairId,
  realisedUsd: '50',
  notionalUsd: '10000',
  closedAtMarketMs: nowMs - dayMs,
}));
const facts = { trades: wins, equityUsd: decimal('200000'), rooms: [], cash: null };

/** A gap of 50 bps; each of the four sides holds so much within 10 bps, all of it at its best price. */
function market(depths: { spotBids?: string; perpAsks?: string } = {}) {
  const { spotBids = '150000', perpAsks = '150000' } = depths;
  return {
    spotQuote: spotBook({ bids: [['0.9999', spotBids]], asks: [['1.0000', '150000']], aliveAtMs: nowMs }),
    perpQuote: perpBook({ bids: [['1.0050', '150000']], asks: [['1.0051', perpAsks]], aliveAtMs: nowMs }),
  };
}

function planned(
  change: Partial<AdmissionRequest> & { quotes?: ReturnType<typeof market>; multiple?: string | null } = {},
): Planned {
  const { quotes = market(), multiple = '5', ...others } = change;
  return planCandidate({
    key: 'key',
    book: 'default',
    candidate: {
      pair,
      direction,
      ...quotes,
      funding: constantOutlook({ rate: '0', nextSettlementAtMs: nowMs + 1, intervalHours: 8 }),
      signedBasisBps: '50',
      netApyPct: '18',
    },
    rules: {
      strategy: rulesOf({ minDepthMultiple: multiple }),
      execution: { maxOpenSlippageBps: '5', maxCloseSlippageBps: '20', hedgeDeadlineMs: 20_000, maxCloseRejections: 5 },
      sizing: {
        bootstrapUsd: '10000',
        probeUsd: null,
        minPositionUsd: '1000',
        maxPositionUsd: '100000',
        maxPairUsd: '50000',
        maxOpenSlippageBps: '5',
        maxCloseSlippageBps: '20',
      },
    },
    pairExposureUsd: zero,
    freeOf: () => decimal('1000000'),
    nowWallMs: nowMs,
    nowMarketMs: nowMs,
    ...others,
  });
}

function sizeAndBound(of: Planned): readonly [size: string, bound: string] {
  assert.ok(of.kind === 'planned', of.kind === 'refused' ? of.reasons.join('; ') : '');
  return [of.plan.quantityBase, of.bound];
}

test('order books that hold five times less than half-Kelly asks for make it smaller, and do not refuse it', () => {
  assert.deepEqual(sizeAndBound(planned()), ['10000', 'bootstrapUsd']);
  // A quarter of 200,000 is 50,000; 150,000 / 5 = 30,000.
  const bound = 'depth of bybit USDC/USDT asks within 10 bps, 150000, over minDepthMultiple 5';
  assert.deepEqual(sizeAndBound(planned({ facts })), ['30000', bound]);
  const [all] = sizeAndBound(planned({ facts, multiple: null }));
  assert.equal(all, '50000');
});

test('so do the sides that only the close will need, each for itself', () => {
  // 100,004 / 5 = 20,000.8, on the perpetual's lot of 1.
  assert.deepEqual(sizeAndBound(planned({ facts, quotes: market({ perpAsks: '100004' }) })), [
    '20000',
    'depth of binanceusdm USDC/USDT:USDT asks within 10 bps, 100004, over minDepthMultiple 5',
  ]);
  const bids = sizeAndBound(planned({ facts, quotes: market({ spotBids: '100000' }) }));
  assert.deepEqual(bids, ['20000', 'depth of bybit USDC/USDT bids within 10 bps, 100000, over minDepthMultiple 5']);
});

test('an amount that a person asked for is bound likewise; what is left under the minimum is refused with the bound', () => {
  assert.equal(sizeAndBound(planned({ wantedUsd: decimal('40000') }))[0], '30000');
  const thin = planned({ quotes: market({ spotBids: '5000' }) });
  assert.deepEqual(thin.kind === 'refused' && thin.reasons, [
    'size 1000.00 USD is not above minPositionUsd 1000: bound by depth of bybit USDC/USDT bids within 10 bps, 5000, over minDepthMultiple 5',
  ]);
  const empty = planned({ quotes: market({ spotBids: '0' }) });
  assert.match(
    empty.kind === 'refused' ? empty.reasons.join() : '',
    /^no depth of bybit USDC\/USDT bids within 10 bps/,
  );
});

test('the cash that must stay free bounds the size to what the reservation will accept, to the lot', () => {
  const portfolio: PortfolioLimits = {
    accounts: [],
    venueCapPct: null,
    minFreeCashPct: '10',
    buckets: [],
    maxCorrelation: null,
    maxDrawdownPct: null,
    maxQuoteExposureUsd: '0',
  };
  // Of 40,000 free, 20,000 stay. A unit takes 1.0005 / 0.99995 and 1.0050 · (1/3 + 0.00005): 1.3356003; 14,974.54 of them.
  const cash = { amountUsd: decimal('20000'), bound: 'minFreeCashPct' };
  const found = planned({ facts: { ...facts, cash } });
  assert.deepEqual(sizeAndBound(found), ['14974', 'minFreeCashPct']);
  assert.ok(found.kind === 'planned');
  const refusalsWith = (free: string) => {
    const value = { equityUsd: decimal('200000'), byExchange: new Map(), freeCashUsd: decimal(free) };
    const state = { value, live: [], history: [], drawdownPct: null };
    return portfolioRefusals(portfolio, found.plan, found.needs, state);
  };
  assert.deepEqual(refusalsWith('40000'), []);
  assert.match(refusalsWith('39998').join(), /^minFreeCashPct: /);
});
