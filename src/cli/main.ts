/** The commands: `npm start`, `npm run basis -- <command>`. */
import { Command, CommanderError } from 'commander';
import { alertsCommand } from './commands/alerts.ts';
import { closeCommands } from './commands/close.ts';
import { doctorCommand } from './commands/doctor.ts';
import { haltCommand } from './commands/halt.ts';
import { migrateCommands } from './commands/migrate.ts';
import { openCommand } from './commands/open.ts';
import { orphanCommands } from './commands/orphans.ts';
import { pauseCommands } from './commands/pause.ts';
import { positionsCommand } from './commands/positions.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { reportCommand } from './commands/report.ts';
import { resolveCommands } from './commands/resolve.ts';
import { scanCommand } from './commands/scan.ts';
import { showCommand } from './commands/show.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { upCommand } from './commands/up.ts';
import { BadInput, errorDocument, exitCodeOf } from './errors.ts';

const program = new Command('basis')
  .description('Stablecoin basis trading on durable Temporal workflows')
  .exitOverride()
  .configureOutput({ outputError: () => undefined })
  .showHelpAfterError(false)
  .addHelpText(
    'after',
    '\nnpm start runs everything: it is `up`.\nEach command has an example: npm run basis -- <command> --help',
  );

openCommand(program);
positionsCommand(program);
scanCommand(program);
showCommand(program);
statusCommand(program);
closeCommands(program);
pauseCommands(program);
haltCommand(program);
resolveCommands(program);
reportCommand(program);
reconcileCommand(program);
orphanCommands(program);
startCommand(program);
upCommand(program);
doctorCommand(program);
migrateCommands(program);
alertsCommand(program);

/** What commander says is wrong; what is allowed stands in the help. */
function badCall({ message, code }: CommanderError): BadInput {
  const command = code === 'commander.unknownCommand' ? '' : `${process.argv[2] ?? ''} `;
  return new BadInput(`${message.replace(/^error: /, '')}\nSee npm run basis -- ${command}--help`);
}

try {
  await program.parseAsync();
  // Whatever still holds a socket has been told to close; the result is printed.
  process.exit();
} catch (error) {
  if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help'))
    process.exit(error.exitCode);
  const shown = error instanceof CommanderError ? badCall(error) : error;
  const document = errorDocument(shown);
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(document)}\n`);
  else process.stderr.write(`${String(document.error['message'])}\n`);
  process.exit(exitCodeOf(shown));
}
