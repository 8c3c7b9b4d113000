/** `npm run check`: types, lint, format, layers, side by side. Every complaint is shown, not just the first tool's. */
import { runQuietly } from './child.mjs';
import { modules, projectEnv, projectNode, repository } from './paths.mjs';
import { join } from 'node:path';

const bin = (name) => join(modules, '.bin', name);

const CHECKS = [
  { name: 'types', argv: [bin('tsc'), '-p', '.'] },
  { name: 'lint', argv: [bin('oxlint'), '--type-aware', '--deny-warnings'] },
  { name: 'format', argv: [bin('prettier'), '--check', '--log-level=warn', '.'] },
  { name: 'layers', argv: ['--test', '--test-reporter=dot', 'test/architecture.test.ts'] },
];

const HELP = `npm run check

Types, lint, format and layers, side by side: exit code 0 when all hold, 1 with what is wrong.

Example:
  npm run check
`;

export async function runChecks(args) {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  const results = await Promise.all(CHECKS.map(runCheck));
  return results.every((passed) => passed) ? 0 : 1;
}

async function runCheck({ name, argv }) {
  const startedAtMs = Date.now();
  // Under Node 24 whatever Node the user has; native binaries are started by their own scripts.
  const { code, output } = await runQuietly(projectNode, argv, { cwd: repository, env: projectEnv() });
  const verdict = code === 0 ? 'ok' : 'FAILED';
  process.stderr.write(`check ${name}: ${verdict} (${((Date.now() - startedAtMs) / 1000).toFixed(1)} s)\n`);
  if (code !== 0) process.stdout.write(output);
  return code === 0;
}
