/** One JSON line an event, to stderr: stdout carries only the ready line. */
export type LogLevel = 'info' | 'warning' | 'error';

export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export const stderrLog: Log = (level, message, fields = {}) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, msg: message, ...fields })}\n`);
};

export const silentLog: Log = () => undefined;
