/** Orders that binance USDⓈ-M sends of itself, as the account and the public see them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { row } from '../../support/json.ts';
import type { Listener } from '../../support/listener.ts';
import type { Closing } from '../../support/simulator.ts';
import type { Binance } from '../binance/support.ts';
import { kindIs, listen, pick, startBinance, subscribe } from '../binance/support.ts';

const symbol = { symbol: 'USDCUSDT' } as const;
const hourMs = 3_600_000;
const sale = { ...symbol, side: 'SELL', type: 'LIMIT', timeInForce: 'IOC', quantity: 1000, price: '0.99' };
const bid = { ...symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 10, price: '0.9' };

interface Story {
  readonly binance: Binance;
  /** The account's own stream, and the public's. */
  readonly account: Listener;
  readonly everybody: Listener;
}

/** 1,000 sold at 0.9997995 for a fee of 0.49989975. */
async function startShort(closing: Closing, balance: string): Promise<Story> {
  const accounts = [{ name: 'main', balances: { USDT: balance } }];
  const binance = await startBinance(closing, 'binanceusdm', { venue: { accounts } });
  const { apiKey } = binance.simulator.address('binanceusdm').credentials;
  const { body } = await binance.plain('POST', '/fapi/v1/listenKey', {}, apiKey);
  await binance.ask('POST', '/fapi/v1/order', sale);
  const account = await listen(closing, binance, `/private/ws?listenKey=${String(row(body)['listenKey'])}`);
  const everybody = await listen(closing, binance, '/market/ws');
  await subscribe(everybody, 'usdcusdt@forceOrder', 'usdcusdt@miniTicker');
  return { binance, account, everybody };
}

async function orderStep({ account }: Story): Promise<unknown[]> {
  const update = row((await account.next(kindIs('ORDER_TRADE_UPDATE')))['o']);
  return pick(update, 'c', 'o', 'x', 'X', 'S', 'z');
}

describe('a liquidation at binance USDⓈ-M', () => {
  it("is the exchange's own order, told under its own name, and paid to the insurance fund", async (t) => {
    const story = await startShort(t, '100');
    const { binance } = story;
    await binance.ask('POST', '/fapi/v1/order', { ...bid, newClientOrderId: 'rest-1' });
    await orderStep(story);
    // At 1.1 the margin left is 99.50010025 + 999.7995 − 1,100.
    await binance.simulator.control('POST', '/venues/binanceusdm/marks', { symbol: 'USDCUSDT', mark: '1.1' });
    const [forced] = await binance.list('GET', '/fapi/v1/forceOrders', { autoCloseType: 'LIQUIDATION' });
    const name = `autoclose-${String(forced?.['orderId'])}`;
    assert.deepEqual(
      pick(forced, 'clientOrderId', 'side', 'type', 'timeInForce', 'status', 'executedQty', 'avgPrice'),
      [name, 'BUY', 'LIMIT', 'IOC', 'FILLED', '1000', '0.9998005'],
    );
    assert.deepEqual(
      [await orderStep(story), await orderStep(story), await orderStep(story)],
      [
        ['rest-1', 'LIMIT', 'EXPIRED', 'EXPIRED', 'BUY', '0'],
        [name, 'LIQUIDATION', 'NEW', 'NEW', 'BUY', '0'],
        [name, 'LIQUIDATION', 'CALCULATED', 'FILLED', 'BUY', '1000'],
      ],
    );
    const told = row((await story.everybody.next(kindIs('forceOrder')))['o']);
    assert.deepEqual(pick(told, 's', 'S', 'o', 'f', 'q', 'ap', 'X'), [
      'USDCUSDT',
      'BUY',
      'LIMIT',
      'IOC',
      '1000',
      '0.9998005',
      'FILLED',
    ]);
    const found = await binance.ask('GET', '/fapi/v1/order', { ...symbol, origClientOrderId: name });
    assert.equal(found['orderId'], forced?.['orderId']);
    const [fee] = await binance.list('GET', '/fapi/v1/income', { incomeType: 'INSURANCE_CLEAR' });
    // 1 % of 999.8005
    assert.deepEqual(pick(fee, 'income', 'symbol'), ['-9.998005', 'USDCUSDT']);
    const [wallet] = await binance.list('GET', '/fapi/v3/balance');
    // 99.50010025 − 0.001 lost − 999.8005 · 0.0005 − 9.998005
    assert.equal(wallet?.['balance'], '89.001195');
  });
});

describe('an auto-deleveraging at binance USDⓈ-M', () => {
  it('takes a part at the mark price, and the public does not hear of it', async (t) => {
    const story = await startShort(t, '100000');
    const { binance } = story;
    const part = { account: 'main', symbol: 'USDCUSDT', quantity: '400' };
    await binance.simulator.control('POST', '/venues/binanceusdm/deleverage', part);
    assert.deepEqual(
      [await orderStep(story), await orderStep(story)],
      [
        ['adl_autoclose', 'LIMIT', 'NEW', 'NEW', 'BUY', '0'],
        ['adl_autoclose', 'LIMIT', 'TRADE', 'FILLED', 'BUY', '400'],
      ],
    );
    const [forced] = await binance.list('GET', '/fapi/v1/forceOrders', { ...symbol, autoCloseType: 'ADL' });
    assert.deepEqual(pick(forced, 'clientOrderId', 'status', 'avgPrice'), ['adl_autoclose', 'FILLED', '0.9998']);
    assert.deepEqual(await binance.list('GET', '/fapi/v1/forceOrders', { autoCloseType: 'LIQUIDATION' }), []);
    const trades = await binance.list('GET', '/fapi/v1/userTrades', {
      ...symbol,
      orderId: Number(forced?.['orderId']),
    });
    // 400 · (0.9997995 − 0.9998)
    assert.deepEqual(
      trades.map((trade) => pick(trade, 'qty', 'price', 'realizedPnl')),
      [['400', '0.9998', '-0.0002']],
    );
    assert.equal((await binance.list('GET', '/fapi/v3/positionRisk'))[0]?.['positionAmt'], '-600');
    // Two tickers, two seconds apart: a message of the stream would have come between them.
    const isTicker = ({ e }: Row): boolean => e === '24hrMiniTicker' || e === 'forceOrder';
    assert.deepEqual(
      [(await story.everybody.next(isTicker))['e'], (await story.everybody.next(isTicker))['e']],
      ['24hrMiniTicker', '24hrMiniTicker'],
    );
  });

  it('threatens the position with the higher return on its margin more', async (t) => {
    const other = { apiKey: 'other', secret: 'other-secret' };
    const accounts = [{ name: 'main' }, { name: 'other', ...other }];
    const binance = await startBinance(t, 'binanceusdm', { venue: { accounts } });
    await binance.signed('POST', '/fapi/v1/leverage', { ...symbol, leverage: 10 }, other);
    await binance.signed('POST', '/fapi/v1/order', sale, other);
    await binance.ask('POST', '/fapi/v1/order', sale);
    binance.simulator.passMarket(hourMs);
    const quantile = async (keys?: typeof other): Promise<unknown> =>
      (await binance.signed('GET', '/fapi/v1/adlQuantile', symbol, keys)).body;
    // Both have gained 0.06 %, one at 20 times, the other at 10: the second fifth from below, and the last.
    assert.deepEqual(await quantile(), [{ ...symbol, adlQuantile: { LONG: 0, SHORT: 0, BOTH: 2 } }]);
    assert.deepEqual(await quantile(other), [{ ...symbol, adlQuantile: { LONG: 0, SHORT: 0, BOTH: 0 } }]);
    assert.equal((await binance.list('GET', '/fapi/v3/positionRisk'))[0]?.['adl'], 2);
  });
});
