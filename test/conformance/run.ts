/** `npm run test:conformance`: ccxt in Python against every simulated exchange, a line a check. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { closers } from '../sim/support/simulator.ts';
import type { MarketCase } from './cases.ts';
import { venueCases } from './cases.ts';
import { isPython, pythonWithCcxt } from './python.ts';
import { serveClock, startVenue } from './suite.ts';

const usage = `Runs every call that a trading service makes, with ccxt for Python, against the simulated exchanges.
(The same with ccxt for JavaScript is part of npm test: npm test -- test/conformance.)

  npm run test:conformance -- --venue okx

  --venue A,B      only these (${Object.keys(venueCases).join(', ')})
  --python PATH    the Python to make an environment with (default: python3)
  --optional       end well, with a word, where there is no Python or it cannot get ccxt
  --json           one JSON line: {checks, passed, lacking, failed: […]}
  --help           this text
`;

const reportLine = z.object({
  check: z.string(),
  status: z.enum(['pass', 'lacks', 'fail']),
  reason: z.string().optional(),
  trace: z.string().optional(),
});
type Line = z.infer<typeof reportLine>;

interface Result extends Readonly<Line> {
  readonly venue: string;
  readonly symbol: string;
}

const { values } = parseArgs({
  options: {
    venue: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    optional: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const venues = values.venue?.split(',') ?? Object.keys(venueCases);
  const unknown = venues.filter((venue) => venueCases[venue] === undefined);
  if (unknown.length > 0)
    return complain(`--venue: unknown: ${unknown.join(', ')}; known: ${Object.keys(venueCases).join(', ')}`);
  const python = await findPython();
  if (python === null) return values.optional ? 0 : 2;
  const results: Result[] = [];
  for (const venue of venues) {
    for (const market of venueCases[venue]?.markets ?? []) {
      for (const line of await runMarket(python, venue, market)) {
        results.push({ venue, symbol: market.symbol, ...line });
        if (!values.json) process.stdout.write(`${sentenceOf(venue, market.symbol, line)}\n`);
      }
    }
  }
  return conclude(results);
}

/** Null, and told why, when there is none. */
async function findPython(): Promise<string | null> {
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    if (isPython(values.python)) return await pythonWithCcxt(values.python, tell);
    tell(`no ${values.python} with venv`);
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
  }
  tell('the Python half of the conformance suite did not run');
  return null;
}

async function runMarket(python: string, venue: string, market: MarketCase): Promise<Line[]> {
  const expected = venueCases[venue];
  if (expected === undefined) throw new Error(`no case for ${venue}`);
  const suite = closers();
  try {
    const simulator = await startVenue(suite, venue, expected);
    const given = {
      venue,
      case: expected,
      market,
      address: simulator.address(venue),
      control: simulator.ready.control,
      clock: await serveClock(suite, simulator),
    };
    const program = fileURLToPath(new URL('python/main.py', import.meta.url));
    const child = spawn(python, ['-B', program], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(JSON.stringify(given));
    const lines: Line[] = [];
    createInterface({ input: child.stdout }).on('line', (text) => lines.push(reportLine.parse(JSON.parse(text))));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    if (code === 0 && lines.length > 0) return lines;
    return [...lines, { check: 'runs to its end', status: 'fail', reason: `the program ended with ${code}` }];
  } finally {
    await suite.closeAll();
  }
}

function sentenceOf(venue: string, symbol: string, { check, status, reason, trace }: Line): string {
  const mark = { pass: '✔', lacks: '–', fail: '✖' }[status];
  const detail = reason === undefined ? '' : `: ${reason}`;
  return `${mark} ${venue} ${symbol}: ${check}${detail}${trace === undefined ? '' : `\n${trace}`}`;
}

function conclude(results: readonly Result[]): number {
  const failed = results.filter(({ status }) => status === 'fail');
  const lacking = results.filter(({ status }) => status === 'lacks');
  const passed = results.length - failed.length - lacking.length;
  if (values.json) {
    const named = failed.map(({ venue, symbol, check, reason }) => ({ venue, symbol, check, reason }));
    process.stdout.write(
      `${JSON.stringify({ checks: results.length, passed, lacking: lacking.length, failed: named })}\n`,
    );
  } else {
    process.stdout.write(
      `${results.length} checks: ${passed} passed, ${lacking.length} lacking, ${failed.length} failed\n`,
    );
  }
  return failed.length > 0 || passed === 0 ? 1 : 0;
}

function complain(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return 2;
}

process.exitCode = await main();
