/** The portfolio's limits in the transaction that reserves: whoever races for the last of them, one gets it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import type { PortfolioLimits } from '../../src/domain/portfolio/limits.ts';
import type { PositionPlan } from '../../src/domain/position.ts';
import { binancePerpetual, bybitSpot } from '../support/plans.ts';
import { limits, nowMs, plan, reading, request } from './support/requests.ts';
import { withLedger } from './support/with-ledger.ts';

const portfolio: PortfolioLimits = {
  accounts: [
    { account: 'bybit', venue: 'bybit' },
    { account: 'binance', venue: 'binanceusdm' },
  ],
  venueCapPct: '60',
  minFreeCashPct: '10',
  buckets: [{ venues: [], coins: [], capPct: '20' }],
  maxCorrelation: '0.7',
  maxDrawdownPct: '3',
  maxQuoteExposureUsd: '0',
};
const guarded = { ...limits, portfolio };

/** 1,000 of spot and 333.33 of margin, of 20,000 of equity: 6.67 %, so that three fit into a bucket of 20 %. */
const thousand = (name: string, change: Partial<PositionPlan> = {}): PositionPlan =>
  plan(name, { spotReferencePrice: '1', perpReferencePrice: '1', ...change });

test('an engine and a person, over two connections and two books, race for the last of a bucket: three fit, once', () =>
  withLedger(async ({ ledger, databaseUrl }) => {
    const other = createPostgresLedger({ databaseUrl, log: { warn: () => undefined } });
    try {
      for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '10000'));
      const results = await Promise.all(
        Array.from({ length: 24 }, (_, index) => {
          // Two pairs at accounts of their own, so that nothing but the portfolio is shared.
          const far = index % 3 === 0;
          const legs = far
            ? {
                pairId: 'far',
                spot: { account: 'kraken', instrument: { ...bybitSpot, venue: 'kraken' }, takerFeeBps: '1' },
                perp: { account: 'okx', instrument: { ...binancePerpetual, venue: 'okx' }, takerFeeBps: '1' },
              }
            : {};
          const source = index % 2 === 0 ? ('engine' as const) : ('client' as const);
          return (index % 2 === 0 ? ledger : other).reserve(
            request(thousand(`R${index}`, { book: far ? 'far' : 'near', ...legs }), {
              limits: guarded,
              source,
              ...(far ? { needs: [] } : {}),
            }),
          );
        }),
      );
      assert.equal(results.filter(({ kind }) => kind === 'reserved').length, 3);
      const refused = results.find((result) => result.kind === 'refused');
      assert.match(
        refused?.kind === 'refused' ? refused.reasons.join() : '',
        /bucket any venue \/ any coin: 26\.7 % of equity/,
      );
    } finally {
      await other.close();
    }
  }));

test('a drawdown at its bound refuses, until a person resets it', () =>
  withLedger(async ({ ledger }) => {
    for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '10000'));
    const see = (equityUsd: string) => ledger.observeEquity('default', { equityUsd, transferredUsd: '0' }, nowMs);
    const asked = (name: string) => ledger.reserve(request(thousand(name), { limits: guarded }));
    assert.equal(await see('20000'), '0');
    assert.equal(await see('19402'), '2.99');
    assert.equal((await asked('A')).kind, 'reserved');
    assert.equal(await see('19400'), '3');
    const refused = await asked('B');
    assert.ok(refused.kind === 'refused');
    assert.match(refused.reasons.join(), /^maxDrawdownPct: equity is 3\.00 % under its high-water mark/);
    await ledger.resetDrawdown('default');
    assert.equal((await asked('B')).kind, 'reserved');
    assert.equal(await see('19400'), '0', 'the new high-water mark');
  }));

test('of two watchers that both see a first equity, the higher one is the high-water mark', () =>
  withLedger(async ({ ledger, query, blocked }) => {
    const see = (equityUsd: string) => ledger.observeEquity('default', { equityUsd, transferredUsd: '0' }, nowMs);
    await query('begin');
    await query(`insert into drawdowns values ('default', 20000, 0, 0, $1)`, [nowMs]);
    const second = see('19400');
    await blocked();
    await query('commit');
    assert.equal(await second, '3');
    assert.equal(await see('20000'), '0');
  }));

test('hourly bases are kept once an hour, and decide how alike two pairs are', () =>
  withLedger(async ({ ledger }) => {
    for (const account of ['bybit', 'binance']) await ledger.writeReading(reading(account, '10000'));
    const hour = (index: number) => nowMs - index * 3_600_000;
    const points = Array.from({ length: 80 }, (_, index) =>
      ['USDC/USDT@bybit~USDC/USDT:USDT@binance', 'other'].map((pairId) => ({
        pairId,
        hourMs: hour(index),
        midBasisBps: String((index * 7) % 5),
      })),
    ).flat();
    await ledger.recordBases(points);
    await ledger.recordBases([{ pairId: 'other', hourMs: hour(0), midBasisBps: '99' }]);
    const [latest] = (await ledger.basisHistory(['other'], hour(0))).slice(-1);
    assert.deepEqual(latest, { pairId: 'other', hourMs: hour(0), midBasisBps: '0' }, 'the first value holds');
    assert.equal((await ledger.reserve(request(thousand('A'), { limits: guarded }))).kind, 'reserved');
    const alike = await ledger.reserve(request(thousand('B', { pairId: 'other' }), { limits: guarded }));
    assert.match(
      alike.kind === 'refused' ? alike.reasons.join() : '',
      /^maxCorrelation: 1\.00 with .* \(over 79 hours\)/,
    );
  }));

test('equity that is not known refuses: an account was never read, or not for long', () =>
  withLedger(async ({ ledger }) => {
    await ledger.writeReading(reading('bybit', '10000'));
    const ask = () => ledger.reserve(request(thousand('A'), { limits: guarded, needs: [] }));
    const missing = await ask();
    assert.deepEqual(missing.kind === 'refused' && missing.reasons, ['equity is not known: binance was never read']);
    await ledger.writeReading(reading('binance', '10000', { readAtMs: nowMs - 300_001 }));
    const old = await ask();
    assert.match(old.kind === 'refused' ? old.reasons.join() : '', /the reading of binance is 5 min old, over 5 min/);
  }));

test('settled funding rates are kept once, in the order of their settlement', () =>
  withLedger(async ({ ledger }) => {
    const symbol = 'USDC/USDT:USDT';
    const rate = (settledAtMs: number, value: string) => ({ symbol, settledAtMs, rate: value });
    await ledger.recordFundingRates('okx', [rate(nowMs + 2, '0.00010'), rate(nowMs + 1, '-0.000022')]);
    await ledger.recordFundingRates('okx', [rate(nowMs + 2, '0.5'), rate(nowMs, '0.0003')]);
    await ledger.recordFundingRates('okx', []);
    await ledger.recordFundingRates('bybit', [rate(nowMs + 3, '0.1')]);
    assert.deepEqual(await ledger.fundingRates('okx', symbol, nowMs + 1), [
      rate(nowMs + 1, '-0.000022'),
      rate(nowMs + 2, '0.0001'),
    ]);
  }));
