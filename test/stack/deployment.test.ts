/** The container files name only what exists, start what the workers' entry knows, and hand keys to their owners alone. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { asRecord } from '../../src/stack/home/json-file.ts';
import { REPOSITORY } from '../../src/stack/repository.ts';
import { runEntry } from '../cli/support/run-command.ts';
import { testDatabase, testTemporal } from '../support/services.ts';

type Service = Readonly<Record<string, unknown>>;

const read = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');

/** With anchors resolved and `<<` merged, as Compose reads it. */
function compose(): { services: Record<string, Service>; volumes: string[]; configs: string[] } {
  const document = asRecord(parse(read('docker-compose.yml'), { merge: true })) ?? {};
  const services = Object.entries(asRecord(document['services']) ?? {});
  return {
    services: Object.fromEntries(services.map(([name, service]) => [name, asRecord(service) ?? {}])),
    volumes: Object.keys(asRecord(document['volumes']) ?? {}),
    configs: Object.keys(asRecord(document['configs']) ?? {}),
  };
}

/** A list; a command may also be one line. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/\s+/);
  return Array.isArray(value) ? value.map(String) : [];
}

/** The value after a flag of the service's command. */
function flag(service: Service, name: string): string | undefined {
  const command = texts(service['command']);
  const at = command.indexOf(name);
  return at < 0 ? undefined : command[at + 1];
}

test('every service has an image, and waits only for services that exist and can tell that they are ready', () => {
  const { services } = compose();
  assert.ok(Object.keys(services).length >= 8);
  for (const [name, service] of Object.entries(services)) {
    assert.equal(typeof service['image'], 'string', name);
    for (const [other, rule] of Object.entries(asRecord(service['depends_on']) ?? {})) {
      const needed = services[other] ?? assert.fail(`${name} waits for ${other}, which does not exist`);
      const condition = asRecord(rule)?.['condition'];
      if (condition === 'service_healthy') assert.ok('healthcheck' in needed, `${other} has no health check`);
      else
        assert.deepEqual(
          [condition, needed['restart']],
          ['service_completed_successfully', 'no'],
          `${name} → ${other}`,
        );
    }
  }
});

test('our services run files of this repository, by entry and by flag', () => {
  const ours = Object.entries(compose().services).filter(([, service]) => service['image'] === 'basiskeeper');
  for (const [name, service] of ours) {
    const [entry] = texts(service['command']);
    assert.ok(entry !== undefined && existsSync(join(REPOSITORY, entry)), `${name} runs ${entry}`);
    assert.deepEqual(service['cap_drop'], ['ALL'], name);
    assert.equal(service['read_only'], true, name);
  }
  assert.deepEqual(
    ours.map(([, service]) => flag(service, '--role')).filter((role) => role !== undefined),
    ['basis', 'market', 'venue', 'venue'],
  );
});

test('the default configuration exists and has the accounts of the venue workers', () => {
  const { services } = compose();
  const [mount] = texts(services['worker-basis']?.['volumes']);
  const path = /:-\.\/([^}]+)}/.exec(mount ?? '')?.[1] ?? assert.fail(`no default in ${mount}`);
  const accounts = Object.keys(asRecord(asRecord(parse(read(path)))?.['accounts']) ?? {});
  const served = Object.values(services)
    .map((service) => flag(service, '--account'))
    .filter((name) => name !== undefined);
  assert.deepEqual(served.sort(), accounts.sort());
});

test('the preparing service makes both servers ready, and can be run again', async () => {
  const database = await testDatabase();
  const { address } = testTemporal();
  const [entry = '', ...args] = texts(compose().services['prepare']?.['command']);
  const { stdout } = await runEntry(entry, args, {
    DATABASE_URL: database.databaseUrl,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: 'default',
  });
  assert.equal(stdout, 'ledger: up to date\nnamespace default: there, 0 search attributes added\n');
  await database.drop();
});

test('real money is switched by the word that the venue workers are given, not by any word', () => {
  for (const [name, service] of Object.entries(compose().services)) {
    const environment = asRecord(service['environment']) ?? {};
    const isVenue = flag(service, '--role') === 'venue';
    assert.equal(environment['BASIS_LIVE'], isVenue ? '${BASIS_LIVE:-}' : undefined, name);
    assert.ok(!texts(service['command']).some((word) => word.includes('live')), `${name} is live whatever is written`);
    if (isVenue) assert.ok('DATABASE_URL' in environment && 'TEMPORAL_ADDRESS' in environment, name);
  }
});

test('a command in a container finds its home and its configuration', () => {
  const { services } = compose();
  for (const name of ['worker-basis', 'worker-market', 'worker-venue-bybit', 'engine']) {
    const service = services[name] ?? assert.fail(name);
    const { BASIS_HOME, BASIS_CONFIG } = asRecord(service['environment']) ?? {};
    assert.deepEqual([BASIS_HOME, BASIS_CONFIG], [flag(service, '--home'), flag(service, '--config')], name);
    assert.ok(
      texts(service['volumes']).some((volume) => volume.endsWith(`:/app/${String(BASIS_CONFIG)}:ro`)),
      name,
    );
  }
});

test('keys reach the venue worker of their account, and nobody else; secrets of alert targets the worker that sends them', () => {
  for (const [name, service] of Object.entries(compose().services)) {
    const account = flag(service, '--account');
    const alerts = name === 'worker-basis' ? [{ path: 'secrets/alerts.env', required: false }] : [];
    const files = account === undefined ? alerts : [`secrets/${account}.env`];
    assert.deepEqual(service['env_file'] ?? [], files, name);
    const variables = Object.keys(asRecord(service['environment']) ?? {});
    assert.deepEqual(
      variables.filter((variable) => /API_KEY|SECRET/.test(variable)),
      [],
      name,
    );
    for (const port of texts(service['ports'])) assert.ok(port.startsWith('127.0.0.1:'), `${name} publishes ${port}`);
  }
});

test('named volumes and configs are declared', () => {
  const { services, volumes, configs } = compose();
  for (const [name, service] of Object.entries(services)) {
    const named = texts(service['volumes'])
      .map((volume) => volume.split(':')[0]!)
      .filter((source) => /^[a-z]/.test(source));
    for (const volume of named) assert.ok(volumes.includes(volume), `${name}: ${volume}`);
    const used = Array.isArray(service['configs'])
      ? service['configs'].map((entry) => String(asRecord(entry)?.['source']))
      : [];
    for (const config of used) assert.ok(configs.includes(config), `${name}: ${config}`);
  }
});

test('the image copies only what exists and is not ignored, runs as a user, and is not built on musl', () => {
  const lines = read('Dockerfile').split('\n');
  const ignored = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '');
  const sources = lines
    .filter((line) => line.startsWith('COPY ') && !line.startsWith('COPY --from'))
    .flatMap((line) => line.split(' ').slice(1, -1));
  assert.ok(sources.includes('workers') && sources.includes('workflows') && sources.includes('activities'));
  for (const source of sources) {
    assert.ok(existsSync(join(REPOSITORY, source)), `no ${source}`);
    assert.ok(!ignored.includes(source), `${source} is ignored`);
  }
  const users = lines.filter((line) => line.startsWith('USER '));
  assert.deepEqual(users, ['USER node']);
  for (const line of lines.filter((line) => line.startsWith('FROM node:')))
    assert.match(line, /^FROM node:24-\w+-slim/);
});

test('.ci/run can be executed', () => {
  assert.equal(statSync(join(REPOSITORY, '.ci', 'run')).mode & 0o111, 0o111);
});
