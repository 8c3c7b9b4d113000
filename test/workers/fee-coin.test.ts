/** Where the fees of spot orders are taken in the exchange's own coin, nothing comes out of what is bought. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { decimal } from '../../src/domain/decimal.ts';
import { orderQuantity } from '../../src/domain/execution/quantity.ts';
import { spotFeeCoin, type CheckedAccount } from '../../src/cli/doctor/judge-account.ts';
import { spotFeeCoinOf } from '../../src/venues/capabilities/binance-shared.ts';
import { loadPairs } from '../../workers/pairs.ts';
import { binancePerpetual, bybitSpot } from '../support/plans.ts';

function configOf(fees: string, asset = 'USDC', mode = 'sandbox') {
  const balances = mode === 'paper' ? ', startingBalances: { USDT: 50000 }' : '';
  return parseConfig(`
mode: ${mode}
accounts:
  spot: { venue: binance, fees: { takerBps: 10, makerBps: 10${fees} }${balances} }
  perp: { venue: krakenfutures, fees: { takerBps: 5, makerBps: 2 }${balances} }
pairs:
  - asset: ${asset}
    spot: { account: spot, symbol: ${asset}/USDT }
    perp: { account: perp, symbol: ${asset}/USDT:USDT }
strategy: { depeg: off }
sizing: { bootstrapUsd: 10000 }
`);
}

/** What is sent so that 10,000 are received, at 1 USDT. */
async function boughtFor(fees: string, asset = 'USDC', mode = 'sandbox'): Promise<string> {
  return orderQuantity((await pairOf(fees, asset, mode)).spot, 'buy', decimal('10000'), decimal('1')).toFixed();
}

async function pairOf(fees: string, asset = 'USDC', mode = 'sandbox') {
  const instruments = async (venue: string) => {
    const one = venue === 'binance' ? bybitSpot : binancePerpetual;
    return [{ ...one, venue, base: asset, symbol: one.symbol.replace('USDC', asset) }];
  };
  const [pair] = await loadPairs(configOf(fees, asset, mode), { instruments });
  return pair ?? assert.fail();
}

test('a buy is grossed up for a fee out of the coin bought, and not for one in BNB', async () => {
  assert.equal(await boughtFor(''), '10010.02'); // 10,000 / (1 − 0.001), up to the lot of 0.01
  assert.equal(await boughtFor(', spotFeeCoin: BNB'), '10000');
  assert.equal(await boughtFor(', spotFeeCoin: BNB', 'BNB'), '10010.02', 'BNB itself pays with what it buys');
  assert.equal(
    await boughtFor(', spotFeeCoin: BNB', 'USDC', 'paper'),
    '10010.02',
    'simulated exchanges have no such coin',
  );
});

test('nobody is told of fees in the coin that is set, at the end of each position', async () => {
  const { spot, perp } = await pairOf(', spotFeeCoin: BNB');
  assert.deepEqual([spot.feeCoin, perp.feeCoin], ['BNB', undefined]);
  assert.equal((await pairOf('')).spot.feeCoin, undefined);
});

test('binance tells whether fees are paid in BNB', () => {
  const told = (spotBNBBurn: unknown) => spotFeeCoinOf({ spotBNBBurn, interestBNBBurn: true });
  assert.deepEqual([told(true), told(false)], ['BNB', null]);
  assert.throws(() => told(undefined), { name: 'VenueError', kind: 'malformed_reply' });
});

const instant = { account: 'spot', positions: [], openOrderIds: [], freeMargin: null, readAtMs: 0 };

/** What the doctor says of an account that is told to pay in `value`, and holds so much BNB. */
function judged(fees: string, value: string | null, bnb: string) {
  const terms = configOf(fees).accounts['spot'] ?? assert.fail();
  const account: CheckedAccount = {
    name: 'spot',
    venue: 'binance',
    terms,
    symbols: [],
    perpetuals: [],
    generated: [],
    liquidationDistancePct: '10',
  };
  const balances = [
    { currency: 'USDT', total: '5000', free: '5000' },
    { currency: 'BNB', total: bnb, free: bnb },
  ];
  return spotFeeCoin(account, { kind: 'told', value }, { kind: 'told', value: { ...instant, balances } });
}

test('the doctor fails where the account pays in another coin than is configured, in either direction', () => {
  assert.equal(judged('', null, '1').status, 'ok');
  assert.equal(judged(', spotFeeCoin: BNB', 'BNB', '1').finding, 'BNB, as set');
  const unset = judged('', 'BNB', '0.001');
  assert.deepEqual([unset.status, unset.finding], ['failed', 'BNB, set is none']);
  assert.match(unset.advice ?? '', /^set accounts\.spot\.fees\.spotFeeCoin: BNB; as it is, too much is bought/);
  const unpaid = judged(', spotFeeCoin: BNB', null, '1');
  assert.deepEqual([unpaid.status, unpaid.finding], ['failed', 'of the order, set is BNB']);
  assert.match(unpaid.advice ?? '', /^take accounts\.spot\.fees\.spotFeeCoin out, .*too little is bought/);
});

test('an account that is to pay in BNB, and holds none, pays of the order: unset is right until BNB is paid in', () => {
  const unset = judged('', 'BNB', '0');
  assert.deepEqual([unset.status, unset.finding], ['warning', 'BNB, but none is held: of the order']);
  assert.equal(unset.advice, 'set accounts.spot.fees.spotFeeCoin: BNB with the first BNB paid in');
  const set = judged(', spotFeeCoin: BNB', 'BNB', '0');
  assert.equal(set.status, 'warning');
  assert.match(set.advice ?? '', /^pay BNB in at binance; as it is, too little is bought/);
  assert.equal(judged(', spotFeeCoin: BNB', null, '0').status, 'failed');
});
