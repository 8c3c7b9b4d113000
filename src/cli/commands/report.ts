import { writeFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { marketTimeMs } from '../../domain/market-clock.ts';
import { groupings, type Grouping } from '../../metrics/group.ts';
import type { Performance } from '../../metrics/performance.ts';
import { parseSince } from '../text/duration.ts';
import { BadInput } from '../errors.ts';
import { createOutput } from '../text/output.ts';
import { withCommonOptions, type CommonOptions } from '../options.ts';
import { reportPage } from '../report/page.ts';
import { readPerformance } from '../report/read.ts';
import { reportText } from '../report/text.ts';
import { withLedger } from '../service.ts';

interface ReportOptions extends CommonOptions {
  readonly since?: string;
  readonly by: Grouping;
  readonly html?: string;
  readonly rfApr: string;
}

export function reportCommand(program: Command): void {
  withCommonOptions(program.command('report'))
    .description('what the book has come to: equity, ratios with their periods, P&L by cause and by group')
    .option('--since <time>', 'only from then on, market time: 7d or 12h ago, or a date such as 2026-11-01')
    .addOption(new Option('--by <group>', 'what positions are grouped by').choices(groupings).default('venue-pair'))
    .option('--rf-apr <percent>', 'what money earns without risk, a year, in the Sharpe and Sortino ratios', '0')
    .option('--html <file>', 'write one page with plots of equity and drawdown, which loads nothing else')
    .addHelpText('after', '\nExample:\n  npm run basis -- report --since 30d --by exit --html report.html')
    .action(run);
}

async function run(options: ReportOptions): Promise<void> {
  const performance = await read(options);
  if (options.html !== undefined) write(options.html, reportPage(performance));
  const written = options.html === undefined ? {} : { html: options.html };
  createOutput(options.json).result({ ...performance, ...written }, () =>
    [reportText(performance), ...(options.html === undefined ? [] : ['', `written to ${options.html}`])].join('\n'),
  );
}

async function read({ since, by, rfApr, ...options }: ReportOptions): Promise<Performance> {
  const rate = parseRate(rfApr);
  const sinceOf = (nowMs: number): number | null => (since === undefined ? null : parseSince(since, nowMs, '--since'));
  // What is no time is none at any time: told before the ledger is asked.
  sinceOf(0);
  return withLedger(options, async (service) => {
    const sinceMs = sinceOf(marketTimeMs(service.anchor, Date.now()));
    return readPerformance(service, { sinceMs, by, rfApr: rate });
  });
}

/** Percent a year as a fraction; for ratios, so that a float will do. @throws BadInput */
function parseRate(text: string): number {
  if (/^-?\d{1,3}(\.\d+)?$/.test(text)) return Number(text) / 100;
  throw new BadInput(`--rf-apr ${JSON.stringify(text)}: write percent a year as a plain number, such as 4.5`);
}

/** @throws BadInput when the file cannot be written */
function write(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new BadInput(`--html ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}
