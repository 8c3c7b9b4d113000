/** Two hundred positions under faults, kills and restarts: a short run of the harness, on every change. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { z } from 'zod';

const reportSchema = z.object({
  scenarios: z.number(),
  killed: z.number(),
  violations: z.array(z.object({ detail: z.string(), replay: z.string(), timeline: z.array(z.string()) })),
  oneLeggedMs: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
  outcomes: z.record(z.string(), z.number()),
});

/** A busy machine takes its time. */
const timeoutMs = 600_000;

test('200 scenarios leave no leg alone, no order twice and no fill unbooked', { timeout: timeoutMs }, async () => {
  const { output, progress } = await harness('--scenarios', '200', '--per-round', '200', '--seed', '5');
  const report = reportSchema.parse(JSON.parse(output.trimEnd().split('\n').at(-1) ?? ''));
  assert.deepEqual(report.violations, [], progress);
  assert.equal(report.scenarios, 200);
  assert.ok(report.killed >= 40, `${report.killed} saw a process killed`);
  const idle = Object.entries(report.outcomes).filter(([name]) => /^(never_sent|refused)/.test(name));
  const unsent = idle.reduce((sum, [, count]) => sum + count, 0);
  assert.ok(unsent < 150, `too few reached the venues: ${JSON.stringify(report.outcomes)}`);
});

async function harness(...options: readonly string[]): Promise<{ output: string; progress: string }> {
  const child = spawn(process.execPath, ['test/faults/main.ts', ...options, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let progress = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (progress += data.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  return { output, progress };
}
