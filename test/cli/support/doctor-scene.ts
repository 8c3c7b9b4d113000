/** The doctor as a process, against simulated exchanges, PostgreSQL and Temporal; nothing that it prints holds a key. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { prepareNamespace } from '../../../src/stack/servers/prepare-namespace.ts';
import { startSim, testDatabase, testTemporal, type RunningSim } from '../../support/services.ts';

const checkSchema = z.object({
  subject: z.string(),
  check: z.string(),
  symbol: z.string().nullable(),
  status: z.enum(['ok', 'warning', 'failed', 'cannot_be_told']),
  finding: z.string(),
  advice: z.string().nullable(),
});
const documentSchema = z.strictObject({
  ok: z.boolean(),
  failed: z.number(),
  warnings: z.number(),
  cannotBeTold: z.number(),
  checks: z.array(checkSchema),
});

export type ShownCheck = z.infer<typeof checkSchema>;

export interface DoctorRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Diagnosis {
  readonly code: number;
  readonly document: z.infer<typeof documentSchema>;
  /** The one check of this name about an account or `service`. */
  check(subject: string, check: string): ShownCheck;
  /** Names of the checks that ended so, as `bybit clock`. */
  named(status: ShownCheck['status']): string[];
}

export interface DoctorOptions {
  readonly args?: readonly string[];
  /** Of the configuration's text. */
  readonly change?: (yaml: string) => string;
  /** Undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** REST address of a venue, in place of its own. */
  readonly rest?: Readonly<Record<string, string>>;
}

export interface DoctorScene {
  readonly sim: RunningSim;
  /** By the configured accounts: bybit, reader (may not trade), rich (may withdraw), binance. */
  readonly keys: Readonly<Record<string, { readonly apiKey: string; readonly secret: string }>>;
  run(options?: DoctorOptions): Promise<DoctorRun>;
  diagnose(options?: DoctorOptions): Promise<Diagnosis>;
  /** Holds until the returned function is called. */
  fault(rule: object): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

/** The demo's configuration with two more accounts, which no pair uses. */
export function doctorConfig(): string {
  const others = ['reader', 'rich'].map(
    (name) => `  ${name}: { venue: bybit, fees: { takerBps: 0.5, makerBps: 0.5 }, startingBalances: { USDT: 1000 } }\n`,
  );
  return readFileSync('config/demo.yaml', 'utf8').replace('\npairs:', `\n${others.join('')}\npairs:`);
}

export async function startDoctorScene(): Promise<DoctorScene> {
  const keys = Object.fromEntries(
    ['bybit', 'reader', 'rich', 'binance'].map((name) => [
      name,
      { apiKey: randomBytes(12).toString('hex'), secret: randomBytes(24).toString('hex') },
    ]),
  );
  const account = (name: string, permissions: readonly string[], balances: object): object => {
    return { name, ...keys[name], permissions, balances, takerFeeBps: '0.5', makerFeeBps: '0.5' };
  };
  const bybit = [
    account('bybit', ['read', 'trade'], { USDT: '50000', USDC: '50000' }),
    account('reader', ['read'], { USDT: '1000' }),
    account('rich', ['read', 'trade', 'withdraw'], { USDT: '1000' }),
  ];
  const binance = [account('binance', ['read', 'trade'], { USDT: '50000' })];
  const wallMs = Date.now();
  const { address } = testTemporal();
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  const [sim, database] = await Promise.all([
    startSim({
      config: { tape: null, venues: { bybit: { accounts: bybit }, binanceusdm: { accounts: binance } } },
      anchor: { wallMs, marketMs: wallMs, scale: 1, tapeEndMs: null },
    }),
    testDatabase(),
    prepareNamespace({ address }, namespace),
  ]);

  async function run({ args = [], change = (yaml) => yaml, env = {}, rest = {} }: DoctorOptions = {}) {
    const config = join(sim.homeDir, 'doctor.yaml');
    writeFileSync(config, change(doctorConfig()));
    const endpoints = Object.entries(sim.venues).map(([venue, own]) => [
      venue,
      { rest: rest[venue] ?? own.rest, ws: own.ws },
    ]);
    const endpointsFile = join(sim.homeDir, 'endpoints.json');
    writeFileSync(endpointsFile, JSON.stringify(Object.fromEntries(endpoints)));
    const given: Record<string, string | undefined> = {
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      DATABASE_URL: database.databaseUrl,
      BASIS_ENDPOINTS: endpointsFile,
    };
    for (const [name, { apiKey, secret }] of Object.entries(keys)) {
      given[`BASIS_${name.toUpperCase()}_API_KEY`] = apiKey;
      given[`BASIS_${name.toUpperCase()}_SECRET`] = secret;
    }
    const ran = await asProcess(['doctor', '--config', config, '--home', sim.homeDir, ...args], { ...given, ...env });
    const secrets = [...Object.values(keys).flatMap(({ apiKey, secret }) => [apiKey, secret]), database.databaseUrl];
    for (const secret of secrets) assert.ok(!`${ran.stdout}${ran.stderr}`.includes(secret), 'a secret was printed');
    return ran;
  }

  return {
    sim,
    keys,
    run,
    async diagnose(options = {}) {
      const { code, stdout, stderr } = await run({ ...options, args: ['--json', ...(options.args ?? [])] });
      assert.equal(stdout.trim().split('\n').length, 1, `${stdout}${stderr}`);
      const document = documentSchema.parse(JSON.parse(stdout));
      const named = (status: ShownCheck['status']): string[] =>
        document.checks.filter((one) => one.status === status).map(({ subject, check }) => `${subject} ${check}`);
      return {
        code,
        document,
        named,
        check(subject, check) {
          const [found, ...more] = document.checks.filter((one) => one.subject === subject && one.check === check);
          assert.ok(found !== undefined && more.length === 0, `${subject} ${check} in ${stdout}`);
          return found;
        },
      };
    },
    async fault(rule) {
      const response = await fetch(`${sim.control}/faults`, { method: 'POST', body: JSON.stringify(rule) });
      const { id } = z.object({ id: z.string() }).parse(await response.json());
      return async () => void (await fetch(`${sim.control}/faults/${id}`, { method: 'DELETE' }));
    },
    async stop() {
      await sim.stop();
      await database.drop();
    },
  };
}

function asProcess(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<DoctorRun> {
  const { TEMPORAL_PROFILE: _profile, TEMPORAL_CONFIG_FILE: _file, ...inherited } = process.env;
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['src/cli/main.ts', ...args],
      { env: { ...inherited, ...env } },
      (error, stdout, stderr) => done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}
