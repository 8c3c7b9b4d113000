/** Options that every command has, and the configuration file behind `--config`. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigError } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { readStackAddresses } from '../stack/home/stack-file.ts';
import { BadInput } from './errors.ts';

export interface CommonOptions {
  readonly home: string;
  readonly config: string;
  readonly json: boolean;
}

const defaultHome = '.basis';
const defaultConfig = 'config/demo.yaml';

export function withCommonOptions(command: Command): Command {
  return command
    .option('--home <dir>', `folder of the run's state (default: BASIS_HOME, or ${defaultHome})`)
    .option(
      '--config <file>',
      `configuration file (default: BASIS_CONFIG, or what the home was started with, or ${defaultConfig})`,
    )
    .option('--json', 'print one JSON document', false)
    .hook('preAction', (_, action) => {
      const { home, config } = placeOf(action.opts(), process.env);
      action.setOptionValueWithSource('home', home, 'default').setOptionValueWithSource('config', config, 'default');
    })
    .hook('postAction', wholeOutput);
}

/** The process ends after this: what a pipe has not taken yet would be lost. Who reads no further has enough. */
function wholeOutput(): Promise<void> {
  return new Promise((done) => {
    process.stdout.once('error', () => done());
    process.stdout.write('', () => done());
  });
}

/**
 * What is given comes first, then the environment, then what the home remembers of its last start.
 * @throws BadInput where the home remembers a file that is gone
 */
export function placeOf(
  given: { readonly home?: string; readonly config?: string },
  env: NodeJS.ProcessEnv,
): Pick<CommonOptions, 'home' | 'config'> {
  const home = given.home ?? named(env['BASIS_HOME']) ?? defaultHome;
  const config = given.config ?? named(env['BASIS_CONFIG']);
  if (config !== undefined) return { home, config };
  const remembered = readStackAddresses(home)?.configPath ?? null;
  if (remembered !== null && !existsSync(remembered))
    throw new BadInput(`${home} was started with ${remembered}, which is gone: name the configuration with --config`);
  return { home, config: remembered ?? defaultConfig };
}

/** An empty variable names nothing. */
function named(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** @throws BadInput with every issue of the file, each with its path and what is allowed. */
export async function readConfig(path: string): Promise<Config> {
  if (!existsSync(path)) throw new BadInput(`no configuration file ${path}`);
  const wiring = await import('../../workers/wiring.ts');
  try {
    return await wiring.readConfig(path);
  } catch (error) {
    if (error instanceof ConfigError) throw new BadInput(error.message, error.issues);
    throw error;
  }
}
