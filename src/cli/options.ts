/** Options that every command has, and the configuration file behind `--config`. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigError } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { BadInput } from './errors.ts';

export interface CommonOptions {
  readonly home: string;
  readonly config: string;
  readonly json: boolean;
}

export const defaultHome = '.basis';
export const defaultConfig = 'config/demo.yaml';

export function withCommonOptions(command: Command): Command {
  return command
    .option('--home <dir>', "folder of the run's state", defaultHome)
    .option('--config <file>', 'configuration file', defaultConfig)
    .option('--json', 'print one JSON document', false);
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
