import process from 'node:process';

type Write = (fields: object, message: string) => void;

/** Lines of JSON for machines, text for a terminal. The shape is pino's: put yours here. */
export const log: Readonly<Record<'info' | 'warn' | 'error', Write>> = {
  info: (fields, message) => write('info', fields, message),
  warn: (fields, message) => write('warn', fields, message),
  error: (fields, message) => write('error', fields, message),
};

function write(level: string, fields: object, message: string): void {
  const line = process.stdout.isTTY
    ? `${level.toUpperCase().padEnd(5)} ${message}`
    : JSON.stringify({ level, message, ...fields });
  process.stdout.write(`${line}\n`);
}
