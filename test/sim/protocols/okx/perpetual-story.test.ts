/** A short of swaps that are 10 USDC each, from its first order to its last record, in the exchange's own fields. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { rows } from '../../support/json.ts';
import { closers, tapeStartMs } from '../../support/simulator.ts';
import type { Okx } from './support.ts';
import { pick, startOkx, swap } from './support.ts';

const hourMs = 3_600_000;

describe('a short of 100 contracts, 1,000 USDC, at okx, fees 5 bps', () => {
  const suite = closers();
  let okx: Okx;
  before(async () => {
    okx = await startOkx(suite);
  });
  after(() => suite.closeAll());

  async function usdt(): Promise<Row> {
    const [balance] = await okx.list('account/balance', { ccy: 'USDT' });
    const [detail] = rows(balance?.['details']);
    assert.ok(detail !== undefined);
    return detail;
  }

  it('is of an instrument whose contract is not one coin', async () => {
    const [instrument] = await okx.list('public/instruments', { instType: 'SWAP', instId: swap.instId });
    assert.deepEqual(pick(instrument, 'ctVal', 'ctValCcy', 'ctType', 'lotSz', 'minSz', 'settleCcy'), [
      '10',
      'USDC',
      'linear',
      '1',
      '1',
      'USDT',
    ]);
    // 50,000 USDC at the best price are 5,000 contracts.
    const [book] = await okx.list('market/books', { instId: swap.instId, sz: 1 });
    assert.deepEqual(pick(book, 'bids', 'asks'), [[['0.99975', '5000', '0', '1']], [['0.99985', '5000', '0', '1']]]);
  });

  it('is opened at ten times leverage with the best bid', async () => {
    const { code } = await okx.post('account/set-leverage', { instId: swap.instId, lever: '10', mgnMode: 'cross' });
    assert.equal(code, '0');
    const order = { ...swap, side: 'sell', ordType: 'ioc', sz: '100', px: '0.99', clOrdId: 'open1' };
    const outcome = await okx.order(order);
    assert.deepEqual(pick(outcome, 'sCode', 'clOrdId'), ['0', 'open1']);
    const [placed] = await okx.list('trade/order', { instId: swap.instId, clOrdId: 'open1' });
    assert.deepEqual(pick(placed, 'ordId', 'state', 'sz', 'accFillSz', 'avgPx', 'fee', 'feeCcy', 'lever', 'tdMode'), [
      outcome['ordId'],
      'filled',
      '100',
      '100',
      '0.99975',
      '-0.499875',
      'USDT',
      '10',
      'cross',
    ]);
    const [position] = await okx.list('account/positions', { instId: swap.instId });
    // Margin 1,000 · 0.9998 / 10; maintenance 1 % of 999.8; fee 999.75 · 0.0005
    assert.deepEqual(
      pick(position, 'pos', 'avgPx', 'lever', 'imr', 'mmr', 'upl', 'notionalUsd', 'fee', 'realizedPnl'),
      ['-100', '0.99975', '10', '99.98', '9.998', '-0.05', '999.8', '-0.499875', '-0.499875'],
    );
    // 100,000 − 0.499875; equity 0.05 less; available less the margin
    assert.deepEqual(pick(await usdt(), 'cashBal', 'eq', 'availEq', 'imr', 'upl'), [
      '99999.500125',
      '99999.450125',
      '99899.470125',
      '99.98',
      '-0.05',
    ]);
  });

  it('receives funding at 08:00', async () => {
    okx.simulator.passMarket(8 * hourMs);
    const [payment] = await okx.list('account/bills', { type: '8', instType: 'SWAP' });
    // 1,000 · 0.9992 · 0.0001
    assert.deepEqual(pick(payment, 'balChg', 'pnl', 'bal', 'subType', 'ccy', 'ts'), [
      '0.09992',
      '0.09992',
      '99999.600045',
      '174',
      'USDT',
      String(tapeStartMs + 7 * hourMs),
    ]);
    const [rate] = await okx.list('public/funding-rate-history', { instId: swap.instId, limit: 1 });
    assert.deepEqual(pick(rate, 'realizedRate', 'fundingTime'), ['0.0001', String(tapeStartMs + 7 * hourMs)]);
  });

  it('is reduced by 40 contracts and then closed, never turned round, by reduce-only orders', async () => {
    const buy = { ...swap, side: 'buy', ordType: 'market', reduceOnly: true };
    await okx.order({ ...buy, sz: '40', clOrdId: 'part1' });
    const [left] = await okx.list('account/positions');
    // 400 · (0.99975 − 0.99925)
    assert.deepEqual(pick(left, 'pos', 'avgPx', 'pnl', 'fundingFee'), ['-60', '0.99975', '0.2', '0.09992']);
    await okx.order({ ...buy, sz: '100', clOrdId: 'rest1' });
    assert.deepEqual(await okx.list('account/positions'), []);
    const [rest] = await okx.list('trade/order', { instId: swap.instId, clOrdId: 'rest1' });
    // 600 · (0.99975 − 0.99925)
    assert.deepEqual(pick(rest, 'state', 'accFillSz', 'cancelSource', 'reduceOnly', 'pnl'), [
      'canceled',
      '60',
      '14',
      'true',
      '0.3',
    ]);
    assert.equal((await okx.order({ ...buy, sz: '1' }))['sCode'], '51169');
  });

  it('leaves fills and bills whose balances follow each other, page after page', async () => {
    const fills = await okx.list('trade/fills', { instType: 'SWAP' });
    assert.deepEqual(
      fills.map((fill) => pick(fill, 'side', 'fillSz', 'fillPx', 'fee', 'fillPnl', 'execType', 'clOrdId')),
      [
        ['buy', '60', '0.99925', '-0.299775', '0.3', 'T', 'rest1'],
        ['buy', '40', '0.99925', '-0.19985', '0.2', 'T', 'part1'],
        ['sell', '100', '0.99975', '-0.499875', '0', 'T', 'open1'],
      ],
    );
    const bills: Row[] = [];
    for (let after: Readonly<Record<string, string>> = {}; ;) {
      const page = await okx.list('account/bills', { ccy: 'USDT', limit: 3, ...after });
      bills.push(...page);
      const oldest = page.at(-1);
      if (oldest === undefined) break;
      after = { after: String(oldest['billId']) };
    }
    assert.deepEqual(
      bills.map((bill) => pick(bill, 'type', 'sz', 'pnl', 'fee', 'balChg', 'bal')),
      [
        // Newest first. 99,999.600045 + 0.2 − 0.19985, then + 0.3 − 0.299775
        ['2', '60', '0.3', '-0.299775', '0.000225', '99999.60042'],
        ['2', '40', '0.2', '-0.19985', '0.00015', '99999.600195'],
        ['8', '', '0.09992', '0', '0.09992', '99999.600045'],
        ['2', '100', '0', '-0.499875', '-0.499875', '99999.500125'],
      ],
    );
    assert.equal((await usdt())['cashBal'], '99999.60042');
  });
});

describe('positions of okx', () => {
  it('are closed at market by one request, which refuses while closing orders rest', async (t) => {
    const okx = await startOkx(t);
    const closing = { instId: swap.instId, mgnMode: 'cross' };
    assert.equal((await okx.post('trade/close-position', closing)).code, '51023');
    await okx.order({ ...swap, side: 'buy', ordType: 'market', sz: '7' });
    await okx.order({ ...swap, side: 'sell', ordType: 'limit', sz: '7', px: '1.1', reduceOnly: true });
    assert.equal((await okx.post('trade/close-position', closing)).code, '51115');
    assert.equal((await okx.post('trade/close-position', { ...closing, autoCxl: true, clOrdId: 'close1' })).code, '0');
    assert.deepEqual(await okx.list('account/positions'), []);
    assert.deepEqual(await okx.list('trade/orders-pending'), []);
  });

  it('take leverage up to what their tier and margin allow, crossed and net', async (t) => {
    const okx = await startOkx(t);
    const set = async (fields: Row): Promise<string> =>
      (await okx.post('account/set-leverage', { instId: swap.instId, mgnMode: 'cross', ...fields })).code;
    assert.equal(await set({ lever: '50' }), '0');
    assert.equal(await set({ lever: '51' }), '59102');
    assert.equal(await set({ lever: '0' }), '51000');
    assert.equal(await set({ lever: '5', mgnMode: 'isolated' }), '50072');
    assert.equal(await set({ lever: '5', posSide: 'long' }), '51000');
    await okx.order({ ...swap, side: 'sell', ordType: 'market', sz: '4000' });
    assert.equal(await set({ lever: '50' }), '0');
    assert.equal(await set({ lever: '25' }), '0');
    // Beyond 50,000 USDT the tier allows 25.
    await okx.order({ ...swap, side: 'sell', ordType: 'market', sz: '2000' });
    assert.equal(await set({ lever: '50' }), '59104');
    const [info] = await okx.list('account/leverage-info', { instId: swap.instId, mgnMode: 'cross' });
    assert.deepEqual(pick(info, 'lever', 'mgnMode', 'posSide'), ['25', 'cross', 'net']);
    assert.equal((await okx.post('account/set-position-mode', { posMode: 'net_mode' })).code, '0');
    assert.equal((await okx.post('account/set-position-mode', { posMode: 'long_short_mode' })).code, '50062');
  });
});
