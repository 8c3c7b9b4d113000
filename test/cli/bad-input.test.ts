/** Bad input is told at once: before any server is asked, with what is allowed or where it is written. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { temporaryHome } from '../support/temporary-home.ts';
import { runBasis, runEntry } from './support/run-command.ts';

/** Nobody answers there: a command that asks first complains of that. */
const nowhere = {
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  DATABASE_URL: 'postgresql://127.0.0.1:1/none',
  BASIS_HOME: temporaryHome(),
};
const errorSchema = z.object({ error: z.object({ kind: z.literal('bad_input'), message: z.string() }) });

async function badInput(args: readonly string[], message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runBasis([...args, '--json'], nowhere);
  assert.equal(code, 2, `${args.join(' ')}: ${stdout}${stderr}`);
  assert.match(errorSchema.parse(JSON.parse(stdout)).error.message, message);
}

test('bad values are told before any server is asked', async () => {
  const open = ['open', '--direction', 'short', '--yes'];
  await Promise.all([
    badInput([...open, '--asset', 'USDC', '--usd=-5'], /^--usd "-5": write a positive amount/),
    badInput([...open, '--asset', 'USDC', '--kind', 'zzz'], /^--kind "zzz": allowed are basis .* and funding/),
    badInput([...open, '--asset', 'USDC', '--min-entry-bps', 'low'], /^--min-entry-bps "low": write basis points/),
    badInput([...open, '--asset', 'XXX'], /no such pair in the configuration; it has: USDC/),
    badInput(['flatten', 'N1P0A', '--leg-by-leg'], /^--leg-by-leg is allowed with --break-glass alone$/),
    badInput(
      ['flatten', 'N1P0A', '--accept', '--yes'],
      /^--accept is allowed with --break-glass alone; with Temporal: /,
    ),
    badInput(['close', 'N1P0A', '--timeout', '60'], /^--timeout "60" is not a duration/),
    badInput(['report', '--since', 'yesterday'], /^--since "yesterday" is no time/),
    badInput(['report', '--rf-apr=x'], /^--rf-apr "x": write percent a year/),
    badInput(['positions', '--limit', '0'], /^--limit "0": write a whole number from 1/),
  ]);
});

describe('an option that there is not', () => {
  test('is told with the help that has them: of the command where it is one, else of all', async () => {
    await Promise.all([
      badInput(['close', '--bogus'], /unknown option '--bogus'\nSee npm run basis -- close --help$/),
      badInput(['--bogus'], /unknown option '--bogus'\nSee npm run basis -- --help$/),
      badInput(['clsoe'], /unknown command 'clsoe'[\s\S]*\nSee npm run basis -- --help$/),
    ]);
  });

  for (const [call, entry, args] of [
    ['npm run bench -- --help', 'bench/main.ts', ['foo']],
    ['npm run bench -- scan --help', 'bench/main.ts', ['scan', '--bogus']],
    ['npm run faults -- --help', 'test/faults/main.ts', ['--bogus']],
  ] as const) {
    test(`is told by ${entry} ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await runEntry(entry, args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.ok(stderr.endsWith(`\nSee ${call}\n`), stderr);
    });
  }

  test('is told by a worker with its usage', async () => {
    for (const [args, problem] of [
      [['--bogus'], /Unknown option '--bogus'/],
      [['--role', 'x', '--config', 'config/demo.yaml'], /--role must be basis, market, venue or feed/],
      [['--role', 'venue', '--config', 'config/demo.yaml'], /--role venue needs --account/],
      [['--role', 'basis'], /--config is missing/],
    ] as const) {
      const { code, stdout, stderr } = await runEntry('workers/main.ts', args);
      assert.deepEqual([code, stdout], [2, ''], stderr);
      assert.match(stderr, problem);
      assert.match(stderr, /^usage: node workers\/main\.ts --role/m);
    }
  });
});

test('a benchmark without a name prints what there is', async () => {
  const { stderr } = await runEntry('bench/main.ts', []);
  assert.match(stderr, /^Usage: bench/);
});

test('the version is that of the package', async () => {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8')));
  const { code, stdout } = await runBasis(['--version']);
  assert.deepEqual([code, stdout], [0, `${version}\n`]);
});

test('one mistake of a configuration is one error', async () => {
  const file = join(temporaryHome(), 'wrong.yaml');
  writeFileSync(file, `${readFileSync('config/demo.yaml', 'utf8')}\nbooks: one\n`);
  await badInput(['positions', '--config', file], /wrong\.yaml has 1 error:\n {2}books: /);
});

/** Its third line has a word for a price. */
const malformedTape = join(temporaryHome(), 'malformed.csv');
writeFileSync(
  malformedTape,
  [
    'time,venue,symbol,interval,open,high,low,close,volume',
    '2025-10-09T00:00:00Z,bybit,USDC/USDT,1h,1,1,1,1,10',
    '2025-10-09T01:00:00Z,bybit,USDC/USDT,1h,1,1,1,one,10',
  ].join('\n'),
);
const malformedRow = /malformed\.csv:3: close: must be a decimal, such as 0\.9996; it is one/;

test('a tape of the configuration that cannot be taken is told with its line, before anything starts', async () => {
  const file = join(temporaryHome(), 'malformed-tape.yaml');
  const tape = `  tape: ${JSON.stringify(malformedTape)}`;
  writeFileSync(file, readFileSync('config/demo.yaml', 'utf8').replace(/^ {2}tape: .*$/m, tape));
  await badInput(['up', '--config', file], malformedRow);
});

describe('simulated exchanges', () => {
  test('tell what they cannot take as one document with --json, else in lines', async () => {
    for (const [args, problem] of [
      [['--bogus'], /--bogus: unknown; known: /],
      [['--tape', '/nowhere/tape.csv'], /--tape \/nowhere\/tape\.csv: no such file/],
      [['--tape', 'config'], /--tape config: is no file/],
      [['--tape', malformedTape], malformedRow],
    ] as const) {
      const machine = await runEntry('src/sim/main.ts', [...args, '--json']);
      assert.equal(machine.code, 2, machine.stderr);
      assert.match(errorSchema.parse(JSON.parse(machine.stdout)).error.message, problem);
      const person = await runEntry('src/sim/main.ts', args);
      assert.deepEqual([person.code, person.stdout], [2, '']);
      assert.match(person.stderr, problem);
      assert.match(person.stderr, /\nSee npm run sim -- --help\n$/);
    }
  });
});
