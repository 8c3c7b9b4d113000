/**
 * Who a process is. A pid alone is not enough: it is given again to another process sooner or later,
 * and a supervisor that kills by pid alone would one day kill a stranger.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the words of the operating system: compared for equality only. */
  readonly startTime: string;
  readonly command: string;
}

/** The process that has this pid now, or null. A zombie has ended and counts as none. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** True while the very process that was recorded runs: same pid, same start, same command. */
export function isRunning(recorded: ProcessIdentity): boolean {
  const found = identifyProcess(recorded.pid);
  return found !== null && found.startTime === recorded.startTime && sameCommand(found.command, recorded.command);
}

/**
 * A wrapper that replaces itself by its last arguments (`unshare … postgres …`) is seen under either name, and one that
 * passes its arguments on (`exec /opt/temporal "$@"`) under another program's.
 */
function sameCommand(found: string, recorded: string): boolean {
  if (found === recorded || recorded.endsWith(` ${found}`) || found.endsWith(` ${recorded}`)) return true;
  return found.includes(' ') && argumentsOf(found) === argumentsOf(recorded);
}

function argumentsOf(command: string): string {
  return command.slice(command.indexOf(' '));
}

/** Signals the recorded process, or the whole group that it leads; false when it is gone. */
export function signalRecorded(recorded: ProcessIdentity, signal: NodeJS.Signals, group: boolean): boolean {
  if (!isRunning(recorded)) return false;
  try {
    process.kill(group ? -recorded.pid : recorded.pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Whether nobody of a process group runs any more. Zombies have ended. */
export function groupHasEnded(leaderPid: number): boolean {
  const groups = process.platform === 'linux' ? groupsFromProc() : groupsFromPs();
  return !groups.includes(leaderPid);
}

function groupsFromProc(): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const fields = /^\d+$/.test(name) ? statFields(name) : null;
    return fields === null ? [] : [Number(fields[2])];
  });
}

function groupsFromPs(): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [group, state = 'Z'] = line.trim().split(/\s+/);
    return state.startsWith('Z') ? [] : [Number(group)];
  });
}

/** Fields of a process from its state on; null when it has ended. The name in parentheses may hold spaces and parentheses itself, so they are counted after the last one. */
function statFields(pid: number | string): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : fields;
  } catch {
    return null;
  }
}

function fromProc(pid: number): ProcessIdentity | null {
  try {
    const ticks = statFields(pid)?.[19];
    if (ticks === undefined) return null;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean).join(' ');
    // Ticks are counted from the boot, so the boot is part of the time.
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return { pid, startTime: `${boot}:${ticks}`, command };
  } catch {
    return null;
  }
}

function fromPs(pid: number): ProcessIdentity | null {
  const ps = (column: string): string =>
    execFileSync('ps', ['-ww', '-p', String(pid), '-o', `${column}=`], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    if (ps('stat').startsWith('Z')) return null;
    return { pid, startTime: ps('lstart'), command: ps('command') };
  } catch {
    return null;
  }
}
