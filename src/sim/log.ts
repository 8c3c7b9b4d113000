/** One JSON line an event, to stderr: stdout carries only the ready line. */
export type LogLevel = 'info' | 'warning' | 'error';

export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export const stderrLog: Log = (level, message, fields = {}) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, msg: message, ...fields })}\n`);
};

/** The same for a person. */
export const readableLog: Log = (level, message, fields = {}) => {
  const details = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
  process.stderr.write(`${[`${level}: ${message}`, ...details].join(', ')}\n`);
};

export const silentLog: Log = () => undefined;
