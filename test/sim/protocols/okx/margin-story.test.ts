/** What okx lends, and what it does with a position whose margin is used up. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rows } from '../../support/json.ts';
import { heardRow, listenPrivately, pair, pick, startOkx, subscribe, swap } from './support.ts';

const hourMs = 3_600_000;

describe('a spot sale of 1,000 USDC by an account of 10,000 USDT', () => {
  it('is refused in cash, borrows under cross margin, and costs interest every hour', async (t) => {
    const okx = await startOkx(t, { venue: { accounts: [{ name: 'main', balances: { USDT: '10000' } }] } });
    const sale = { ...pair, side: 'sell', ordType: 'market', sz: '1000' };
    assert.equal((await okx.order(sale))['sCode'], '51008');
    assert.equal((await okx.order({ ...sale, tdMode: 'cross', clOrdId: 'borrowed' }))['sCode'], '0');
    const [order] = await okx.list('trade/order', { instId: pair.instId, clOrdId: 'borrowed' });
    assert.deepEqual(pick(order, 'instType', 'tdMode', 'state', 'avgPx'), ['MARGIN', 'cross', 'filled', '0.99955']);
    okx.simulator.passMarket(hourMs);
    const [balance] = await okx.list('account/balance');
    // 999.55 less 15 bps of it; 1,000 and an hour at 0.000006
    assert.deepEqual(
      rows(balance?.['details']).map((coin) => pick(coin, 'ccy', 'eq', 'liab', 'availBal')),
      [
        ['USDT', '10998.050675', '0', '10998.050675'],
        ['USDC', '-1000.006', '1000.006', '0'],
      ],
    );
    const [interest] = await okx.list('account/bills', { type: '7' });
    assert.deepEqual(pick(interest, 'ccy', 'balChg', 'bal', 'subType'), ['USDC', '-0.006', '-1000.006', '9']);
    assert.equal((await okx.order({ ...sale, tdMode: 'cross', sz: '60000' }))['sCode'], '51008');
  });
});

describe('a short of 200 contracts, 2,000 USDC, on 1,000 USDT', () => {
  it('is bought back by okx when the price has risen to 1.49, and told as such', async (t) => {
    const okx = await startOkx(t, { venue: { accounts: [{ name: 'main', balances: { USDT: '1000' } }] } });
    const listener = await listenPrivately(t, okx);
    await okx.order({ ...swap, side: 'sell', ordType: 'ioc', px: '0.99', sz: '200' });
    await okx.order({ ...swap, side: 'buy', ordType: 'limit', px: '0.5', sz: '1', clOrdId: 'rests' });
    await subscribe(listener, { channel: 'orders', instType: 'SWAP' });
    await subscribe(listener, { channel: 'balance_and_position' });
    await heardRow(listener, 'balance_and_position', ({ eventType }) => eventType === 'snapshot');
    const prices = '/venues/okx/prices';
    await okx.simulator.control('POST', prices, { symbol: 'USDC/USDT:USDT', centre: '1.48' });
    assert.equal((await okx.list('account/positions')).length, 1);
    await okx.simulator.control('POST', prices, { symbol: 'USDC/USDT:USDT', centre: '1.49' });
    assert.deepEqual(await okx.list('account/positions'), []);

    const cancelled = await heardRow(listener, 'orders', ({ state }) => state === 'canceled');
    assert.deepEqual(pick(cancelled, 'clOrdId', 'cancelSource'), ['rests', '3']);
    const forced = await heardRow(listener, 'orders', ({ state }) => state === 'filled');
    // 2,000 · (0.99975 − 1.49005)
    assert.deepEqual(pick(forced, 'category', 'side', 'accFillSz', 'avgPx', 'pnl', 'clOrdId'), [
      'full_liquidation',
      'buy',
      '200',
      '1.49005',
      '-980.6',
      '',
    ]);
    const told = await heardRow(listener, 'balance_and_position');
    assert.deepEqual([told['eventType'], rows(told['posData'])[0]?.['pos']], ['liquidation', '0']);
    // 1,000 − 0.99975 (fee) − 980.6 − 1.49005 (fee), then 0.5 % of 2,980.1
    assert.deepEqual(
      (await okx.list('account/bills', { type: '5' })).map((bill) => pick(bill, 'subType', 'balChg', 'bal')),
      [
        ['111', '-14.9005', '2.0097'],
        ['106', '-982.09005', '16.9102'],
      ],
    );
  });
});
