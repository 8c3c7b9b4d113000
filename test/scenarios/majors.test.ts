/**
 * Bitcoin, ether and solana through the same code as the stablecoins: a universe over seven simulated exchanges' accounts,
 * scanned and traded by the commands, and the configuration of the majors as it stands.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { decimal } from '../../src/domain/decimal.ts';
import { startServices } from '../../src/cli/start/bootstrap.ts';
import { eventually, startTradingService, type TradingService } from '../support/trading-service.ts';

const scanSchema = z.object({
  rows: z.array(
    z.object({
      pairId: z.string(),
      asset: z.string(),
      spotAccount: z.string(),
      perpAccount: z.string(),
      direction: z.string(),
      enteredFor: z.string(),
      verdict: z.string(),
      quantityBase: z.string(),
      bound: z.string(),
      signedBasisBps: z.string().nullable(),
    }),
  ),
  leftOut: z.array(z.object({ what: z.string(), reason: z.string() })),
});
const openedSchema = z.object({ started: z.literal(true), key: z.string(), status: z.string() });

/** A command as a person types it, with one JSON document for its answer. */
function basis(service: TradingService, config: string, line: string): Promise<{ code: number; answer: unknown }> {
  const { TEMPORAL_ADDRESS: _address, TEMPORAL_NAMESPACE: _namespace, DATABASE_URL: _database, ...env } = process.env;
  const options = ['--home', service.sim.homeDir, '--config', config, '--json'];
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['src/cli/main.ts', ...line.split(' '), ...options],
      { env: { ...env, ...service.env } },
      (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : 0;
        done({ code, answer: stdout === '' ? stderr : (JSON.parse(stdout) as unknown) });
      },
    );
  });
}

async function scanned(service: TradingService, config: string): Promise<z.infer<typeof scanSchema>> {
  const { code, answer } = await basis(service, config, 'scan');
  assert.equal(code, 0, JSON.stringify(answer));
  return scanSchema.parse(answer);
}

/** All markets of a coin, spot at one price and perpetuals at another. */
async function setPrices(service: TradingService, prices: Readonly<Record<string, readonly [string, string]>>) {
  for (const { account, symbol } of legsOf(service)) {
    const [spot, perp] = prices[symbol.split('/')[0] ?? ''] ?? assert.fail(symbol);
    const { venue = '' } = service.config.accounts[account] ?? {};
    await service.control('POST', `/venues/${venue}/prices`, { symbol, centre: symbol.includes(':') ? perp : spot });
  }
}

/** As far as the simulated exchanges list them: kraken's spot in both quotes, coinbase's in dollars, the others' in tethers. */
function legsOf({ config }: TradingService) {
  const all = config.pairs.flatMap(({ spot, perp }) => [spot, perp]);
  const legs = [...new Map(all.map((leg) => [`${leg.account} ${leg.symbol}`, leg])).values()];
  return legs.filter(({ account, symbol }) => {
    if (account === 'kraken') return true;
    return symbol.includes('USDT') !== ['krakenfutures', 'coinbase'].includes(account);
  });
}

const venues = ['binance', 'binanceusdm', 'bybit', 'okx', 'kraken', 'krakenfutures', 'coinbase'];

/** The demo's configuration with an account at every exchange, and the majors for its universe. */
function majorsEverywhere(yaml: string): string {
  const accounts = venues.map((venue) => {
    const fees = 'fees: { takerBps: 1, makerBps: 1 }';
    return `  ${venue}: { venue: ${venue}, ${fees}, startingBalances: { USDT: 100000, USD: 100000, SOL: 100 } }\n`;
  });
  const universe = 'universe: { assets: [BTC, ETH, SOL], quotes: [USDT, USD], kinds: [basis, funding] }\n';
  return yaml
    .replace(/^accounts:[\s\S]*?(?=^sizing:)/m, `accounts:\n${accounts.join('')}\n${universe}\n`)
    .replace(/^strategy:\n/m, 'strategy:\n  funding: { minNetApyPct: 5 }\n')
    .replace(/venueCapPct: .*/, 'venueCapPct: off');
}

const majorPrices = { BTC: ['60000', '60090'], ETH: ['3000', '3001.5'], SOL: ['150', '150.3'] } as const;

describe('a universe of majors at seven exchanges', () => {
  let service: TradingService;
  let config: string;
  before(async () => {
    service = await startTradingService({ change: majorsEverywhere, prices: ['60000', '60090'] });
    config = join(service.sim.homeDir, 'majors.yaml');
    writeFileSync(config, majorsEverywhere(readFileSync('config/demo.yaml', 'utf8')));
    await setPrices(service, majorPrices);
  });
  after(() => service.stop());

  test('scan shows every pair of two exchanges in one quote coin, both sides and kinds, and what is left out', async () => {
    const { rows, leftOut } = await scanned(service, config);
    // In tethers: spot at binance, bybit, okx and kraken, perpetuals at binanceusdm, bybit and okx; 4·3, less binance with
    // itself, bybit and okx with themselves: 9. In dollars: spot at kraken and coinbase, perpetuals at krakenfutures; kraken
    // is one exchange: 1. Three coins, two sides, two kinds.
    assert.equal(rows.length, 10 * 3 * 2 * 2);
    const dollars = new Set(rows.filter(({ pairId }) => pairId.includes('/USD@')).map(({ pairId }) => pairId));
    assert.deepEqual([...dollars].toSorted(), [
      'BTC/USD@coinbase~BTC/USD:USD@krakenfutures',
      'ETH/USD@coinbase~ETH/USD:USD@krakenfutures',
      'SOL/USD@coinbase~SOL/USD:USD@krakenfutures',
    ]);
    // (150.3 − 150) / 150 = 20 bps, less the spread of a tick of 1 cent: about 0.67.
    const long = rows.find(
      (row) => row.pairId.startsWith('SOL/USDT@kraken~SOL/USDT:USDT@okx') && row.direction.startsWith('long'),
    );
    assert.ok(decimal(long?.signedBasisBps ?? '0').gt(decimal('18')), JSON.stringify(long));
    assert.ok(decimal(long?.signedBasisBps ?? '0').lt(decimal('20')), JSON.stringify(long));
    const told = new Map(leftOut.map(({ what, reason }) => [what, reason]));
    assert.match(told.get('okx SOL/USD') ?? '', /does not exist; with base SOL exist: SOL\/USDT/);
    assert.match(told.get('spot in USD with perpetuals in USDT') ?? '', /allowUnhedgedQuote/);
    assert.match(told.get('spot at kraken with perpetuals at krakenfutures') ?? '', /both legs at kraken/);
    assert.equal(told.has('coinbase BTC/USD'), false, 'it is there');
  });

  test('a position of a major, from its opening to its close, by a pair that nobody wrote down', async () => {
    const { code, answer } = await basis(
      service,
      config,
      'open --spot kraken:SOL/USDT --perp okx:SOL/USDT:USDT --direction long --usd 6000 --min-entry-bps 0 --yes',
    );
    assert.equal(code, 0, JSON.stringify(answer));
    const { key, status } = openedSchema.parse(answer);
    assert.equal(status, 'hedged');
    const handle = service.client.workflow.getHandle(`position/${key}`);
    await handle.signal('forceClose');
    await handle.result();
    const row = await service.ledger.position(key);
    assert.equal(row?.status, 'closed');
    assert.equal(row.plan.asset, 'SOL');
    const orders = await service.ledger.ordersOf(key);
    assert.equal(orders.length, 4);
    assert.ok(orders.every(({ state }) => state === 'done'));
    assert.deepEqual(await service.compare(), { ledgerMatchesVenue: true, oneLegged: 0, findings: [] });
  });

  test('a pair that its exchange does not have is refused by name, with what it has', async () => {
    const { code, answer } = await basis(
      service,
      config,
      'open --spot bybit:SOL/USD --perp krakenfutures:SOL/USD:USD --direction long --yes',
    );
    assert.notEqual(code, 0);
    assert.match(JSON.stringify(answer), /bybit: SOL\/USD does not exist; with base SOL exist: SOL\/USDT/);
  });
});

test("the majors' configuration opens on the carry at list fees, by the engine", async () => {
  const yaml = readFileSync('config/majors.yaml', 'utf8').replace(/scale: \d+/, 'scale: 60');
  // Where the tape is not replayed: 4 bps a settlement, 21 of them in a week, are 84 bps. Less two fees of 10 bps and two of
  // 5 or 5.5, 53 or 54 bps on 4/3 of capital are some 40 bps a week, and 23 % a year.
  const paying = yaml.replace(/rate: 0$/m, 'rate: 0.0004');
  assert.notEqual(paying, yaml);
  const service = await startTradingService({ change: () => paying, prices: ['51564', '51577'] });
  try {
    const config = join(service.sim.homeDir, 'majors.yaml');
    writeFileSync(config, paying);
    await setPrices(service, { BTC: ['51564', '51577'], ETH: ['3107.5', '3108.5'], SOL: ['103', '103.05'] });
    const { rows, leftOut } = await scanned(service, config);
    const approved = rows.filter(({ verdict }) => verdict === 'approved');
    assert.equal(approved.length, 6, JSON.stringify(rows));
    assert.ok(approved.every(({ direction, enteredFor }) => direction.startsWith('long') && enteredFor === 'funding'));
    assert.deepEqual(
      leftOut.map(({ what }) => what),
      ['spot at bybit with perpetuals at bybit', 'spot at okx with perpetuals at okx'],
    );
    await offersWhatOrderBooksCarry(service, paying);
    await startServices(service.client, service.config, service.anchor);
    const hedged = async () => (await service.ledger.positions({ statuses: ['hedged'] })).length > 0;
    await eventually(hedged, () => 'the engine opened nothing', 90_000);
    const open = await service.ledger.positions({ statuses: ['hedged'] });
    assert.ok(open.every(({ plan }) => plan.kind === 'funding' && plan.direction === 'long_spot_short_perp'));
  } finally {
    await service.stop();
  }
});

/** Each side of an order book shows five levels of 100: 500 SOL carry a position of 100, whatever is wanted of it. */
async function offersWhatOrderBooksCarry(service: TradingService, yaml: string): Promise<void> {
  const config = join(service.sim.homeDir, 'large.yaml');
  writeFileSync(config, yaml.replace('bootstrapUsd: 10000', 'bootstrapUsd: 40000'));
  const approved = (await scanned(service, config)).rows.filter(({ verdict }) => verdict === 'approved');
  const solana = approved.filter(({ asset }) => asset === 'SOL');
  assert.deepEqual([approved.length, solana.length], [6, 2]);
  for (const { quantityBase, bound } of solana) {
    assert.equal(quantityBase, '100');
    assert.match(bound, /^depth of .* within 10 bps, 500, over minDepthMultiple 5$/);
  }
  for (const { asset, bound } of approved) assert.equal(bound === 'bootstrapUsd', asset !== 'SOL');
  const line = 'open --spot bybit:SOL/USDT --perp okx:SOL/USDT:USDT --direction long --kind funding';
  const { code, answer } = await basis(service, config, line);
  assert.equal(code, 0, JSON.stringify(answer));
  const { preview } = z.object({ preview: z.object({ plan: z.object({ quantityBase: z.string() }) }) }).parse(answer);
  assert.equal(preview.plan.quantityBase, '100', 'as much as it is offered for');
}
