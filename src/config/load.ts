/** Reads a configuration file. All its mistakes are reported at once, each with its path and what is allowed. */
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type YAMLParseError } from 'yaml';
import type { z } from 'zod';
import { crossCheck, type AccountRefusals } from './cross-checks.ts';
import { keyFieldIssues } from './key-fields.ts';
import { configSchema, type Config } from './schema.ts';
import type { MarketKinds } from './universe.ts';
import { withUniverse } from './universe-checks.ts';
import type { ConfigIssue, VenueRefusal } from './issue.ts';

export type { ConfigIssue, VenueRefusal } from './issue.ts';

export class ConfigError extends Error {
  readonly issues: readonly ConfigIssue[];
  constructor(name: string, issues: readonly ConfigIssue[]) {
    super(
      `${name} has ${issues.length} ${issues.length === 1 ? 'error' : 'errors'}:\n${issues.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.issues = issues;
  }
}

export interface LoadOptions {
  /** Which exchanges are served; without it every venue passes, and the first connection decides. */
  readonly knownVenues?: VenueRefusal;
  /** What the exchanges do not offer; without it every term passes. */
  readonly accountRefusals?: AccountRefusals;
  /** Which markets the exchanges have; without it they may have any, and the first connection decides. */
  readonly marketKinds?: MarketKinds;
}

/** @throws ConfigError for a file that cannot be read, is not YAML, or says something that is not allowed. */
export function loadConfig(path: string, options: LoadOptions = {}): Config {
  return parseConfig(readText(path), { ...options, name: path });
}

/** @throws ConfigError */
export function parseConfig(text: string, options: LoadOptions & { readonly name?: string } = {}): Config {
  const { knownVenues = () => null, accountRefusals, marketKinds = () => null, name = 'the configuration' } = options;
  const lines = new LineCounter();
  // The failsafe schema has no numbers: 0.1 stays the text 0.1, and no float ever exists.
  const yaml = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
  const issues: ConfigIssue[] = yaml.errors.map((error) => ({
    path: `line ${lines.linePos(error.pos[0]).line}`,
    message: yamlMessage(error, text),
  }));
  if (yaml.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) throw new ConfigError(name, issues);
  const document: unknown = yaml.toJS();
  const parsed = configSchema.safeParse(document);
  const keys = keyFieldIssues(document);
  const places = new Set(keys.map(({ path }) => path));
  // Such a field is no key of its section either, and told once.
  const others = (parsed.error?.issues ?? []).flatMap(configIssues).filter(({ path }) => !places.has(path));
  issues.push(...keys, ...others, ...crossCheck(document, knownVenues, accountRefusals, marketKinds));
  if (!parsed.success || issues.length > 0) throw new ConfigError(name, issues);
  const whole = withUniverse(parsed.data, marketKinds);
  if (whole.issues.length > 0) throw new ConfigError(name, whole.issues);
  return whole.config;
}

function yamlMessage(error: YAMLParseError, text: string): string {
  if (error.code !== 'DUPLICATE_KEY') return `not valid YAML: ${error.message}`;
  const key = /^[^\s:]*/.exec(text.slice(error.pos[0]))?.[0] ?? 'a key';
  return `${key} is given twice in this section: give it once`;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError(path, [{ path, message: `cannot be read: ${message}` }]);
  }
}

/** An unknown key is an issue of its own, at its own path. */
function configIssues(issue: z.core.$ZodIssue): ConfigIssue[] {
  const { path, message } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ path: pathText(path), message }];
  return issue.keys.map((key) => ({ path: pathText([...path, key]), message }));
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text === '' ? 'the configuration' : text.replace(/^\./, '');
}
