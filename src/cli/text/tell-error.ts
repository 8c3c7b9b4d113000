/** Why a command failed, told once: a sentence on standard error or, with `--json`, a document on standard output. */
import { CommanderError, type Command } from 'commander';
import { BadInput, errorDocument, exitCodeOf } from '../errors.ts';

/**
 * @param call how the program is called, such as `npm run basis --`
 * @returns the exit code
 */
export function tellError(error: unknown, program: Command, call: string): number {
  if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help'))
    return error.exitCode;
  const shown = error instanceof CommanderError ? badCall(error, program, call) : error;
  const document = errorDocument(shown);
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(document)}\n`);
  else process.stderr.write(`${String(document.error['message'])}\n`);
  return exitCodeOf(shown);
}

/** What commander says is wrong; what is allowed stands in the help, of the command if one was named. */
function badCall({ message }: CommanderError, program: Command, call: string): BadInput {
  const named = program.commands.find((command) => command.name() === process.argv[2]);
  const help = named === undefined ? call : `${call} ${named.name()}`;
  return new BadInput(`${message.replace(/^error: /, '')}\nSee ${help} --help`);
}
