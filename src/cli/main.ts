/** The commands: `npm start`, `npm run basis -- <command>`. */
import { fileURLToPath } from 'node:url';
import { Command, Help } from 'commander';
import { asRecord, readJson } from '../stack/home/json-file.ts';
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
import { tellError } from './text/tell-error.ts';

const program = new Command('basis')
  .description('Stablecoin basis trading on durable Temporal workflows')
  .version(version())
  .exitOverride()
  .configureOutput({ outputError: () => undefined })
  .showHelpAfterError(false)
  // A switch is off unless it is given; commander would say so of each.
  .configureHelp({
    optionDescription: (option) =>
      option.defaultValue === false ? option.description : new Help().optionDescription(option),
  })
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

function version(): string {
  return String(asRecord(readJson(fileURLToPath(new URL('../../package.json', import.meta.url))))?.['version']);
}

try {
  await program.parseAsync();
  // Whatever still holds a socket has been told to close; the result is printed.
  process.exit();
} catch (error) {
  process.exit(tellError(error, program, 'npm run basis --'));
}
