/** A short position from its first order to its last record, in the exchange's own fields. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { rows } from '../../support/json.ts';
import { closers, tapeStartMs } from '../../support/simulator.ts';
import type { Bybit } from './support.ts';
import { perpetual, startBybit } from './support.ts';

const hourMs = 3_600_000;

function pick(value: Row | undefined, ...names: readonly string[]): unknown[] {
  return names.map((name) => value?.[name]);
}

describe('a short of 1,000 USDC at bybit, fees 6 bps', () => {
  const suite = closers();
  let bybit: Bybit;
  before(async () => {
    bybit = await startBybit(suite);
  });
  after(() => suite.closeAll());

  it('is opened at ten times leverage with the best bid', async () => {
    const order = { ...perpetual, side: 'Sell', orderType: 'Limit', qty: '1000', price: '0.99', timeInForce: 'IOC' };
    const { code, result } = await bybit.post('/v5/order/create', { ...order, orderLinkId: 'open-1' });
    assert.deepEqual([code, result['orderLinkId']], [0, 'open-1']);
    const [position] = await bybit.list('/v5/position/list', perpetual);
    // Margin 1,000 · 0.9998 / 10; maintenance 1 % of 999.8; fee 999.75 · 0.0006
    assert.deepEqual(
      pick(
        position,
        'side',
        'size',
        'avgPrice',
        'leverage',
        'positionIM',
        'positionMM',
        'unrealisedPnl',
        'curRealisedPnl',
      ),
      ['Sell', '1000', '0.99975', '10', '99.98', '9.998', '-0.05', '-0.59985'],
    );
    const [wallet] = await bybit.list('/v5/account/wallet-balance', { accountType: 'UNIFIED' });
    const [usdt] = rows(wallet?.['coin']);
    assert.deepEqual(
      pick(usdt, 'coin', 'walletBalance', 'equity', 'totalPositionIM', 'totalPositionMM', 'unrealisedPnl', 'locked'),
      ['USDT', '99999.40015', '99999.35015', '99.98', '9.998', '-0.05', '0'],
    );
    // 99,999.40015 + 100,000 · 0.9996 (USDC in USDT) − 0.05
    assert.deepEqual(pick(wallet, 'totalEquity', 'totalInitialMargin', 'totalMaintenanceMargin', 'totalPerpUPL'), [
      '199959.35015',
      '99.98',
      '9.998',
      '-0.05',
    ]);
  });

  it('receives funding at 08:00, told with opposite signs in the two lists', async () => {
    bybit.simulator.passMarket(8 * hourMs);
    const [payment] = await bybit.list('/v5/execution/list', { ...perpetual, execType: 'Funding' });
    // 1,000 · 0.9992 · 0.0001
    assert.deepEqual(pick(payment, 'execFee', 'feeRate', 'side', 'execQty', 'execPrice', 'execValue', 'execTime'), [
      '-0.09992',
      '-0.0001',
      'Sell',
      '1000',
      '0.9992',
      '999.2',
      String(tapeStartMs + 7 * hourMs),
    ]);
    const [settlement] = await bybit.list('/v5/account/transaction-log', { type: 'SETTLEMENT' });
    assert.deepEqual(pick(settlement, 'funding', 'change', 'cashBalance', 'size', 'feeRate'), [
      '0.09992',
      '0.09992',
      '99999.50007',
      '-1000',
      '0.0001',
    ]);
  });

  it('is reduced by 400 and then closed, never turned round, by reduce-only orders', async () => {
    const buy = { ...perpetual, side: 'Buy', orderType: 'Market', reduceOnly: true };
    await bybit.post('/v5/order/create', { ...buy, qty: '400', orderLinkId: 'part-1' });
    assert.equal(
      (await bybit.list('/v5/position/list', { category: 'linear', settleCoin: 'USDT' }))[0]?.['size'],
      '600',
    );
    await bybit.post('/v5/order/create', { ...buy, qty: '1000', orderLinkId: 'rest-1' });
    assert.deepEqual(await bybit.list('/v5/position/list', { category: 'linear', settleCoin: 'USDT' }), []);
    const [flat] = await bybit.list('/v5/position/list', perpetual);
    assert.deepEqual(pick(flat, 'side', 'size', 'avgPrice'), ['', '0', '0']);
    const [rest] = await bybit.list('/v5/order/history', { ...perpetual, orderLinkId: 'rest-1' });
    assert.deepEqual(pick(rest, 'orderStatus', 'cumExecQty', 'leavesQty', 'reduceOnly'), [
      'Cancelled',
      '600',
      '0',
      true,
    ]);
    const { code } = await bybit.post('/v5/order/create', { ...buy, qty: '1' });
    assert.equal(code, 110017);
  });

  it('has a closed profit for each closing order, with its share of the opening fee', async () => {
    const closed = await bybit.list('/v5/position/closed-pnl', perpetual);
    // 600 · (0.99975 − 0.99925) = 0.3 less fees 0.35991 of 0.59985 and 599.55 · 0.0006; 400 · 0.0005 = 0.2 likewise
    assert.deepEqual(
      closed.map((line) =>
        pick(line, 'closedSize', 'cumEntryValue', 'cumExitValue', 'openFee', 'closeFee', 'closedPnl'),
      ),
      [
        ['600', '599.85', '599.55', '0.35991', '0.35973', '-0.41964'],
        ['400', '399.9', '399.7', '0.23994', '0.23982', '-0.27976'],
      ],
    );
  });

  it('leaves a log whose balances follow each other, page after page', async () => {
    const log: Row[] = [];
    let cursor = '';
    do {
      const query = { currency: 'USDT', limit: 2, ...(cursor === '' ? {} : { cursor }) };
      const { result } = await bybit.get('/v5/account/transaction-log', query);
      log.push(...rows(result['list']));
      cursor = String(result['nextPageCursor']);
    } while (cursor !== '');
    assert.deepEqual(
      log.map((line) => pick(line, 'type', 'qty', 'size', 'cashFlow', 'fee', 'change', 'cashBalance')),
      [
        // Newest first. 99,999.50007 + 0.2 − 0.23982, then + 0.3 − 0.35973
        ['TRADE', '600', '0', '0.3', '0.35973', '-0.05973', '99999.40052'],
        ['TRADE', '400', '-600', '0.2', '0.23982', '-0.03982', '99999.46025'],
        ['SETTLEMENT', '1000', '-1000', '0', '0', '0.09992', '99999.50007'],
        ['TRADE', '1000', '-1000', '0', '0.59985', '-0.59985', '99999.40015'],
      ],
    );
  });
});
