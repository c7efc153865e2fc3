/** The part of pino's and Fastify's logger that we use: fields first, then the text. */
export interface Logger {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Logs, and lets nothing come of it: a logger is somebody's code as well, and there is nobody left to tell. */
export function logSafely(logger: Logger, level: keyof Logger, fields: object, message: string): void {
  try {
    const result: unknown = logger[level](fields, message);
    if (result instanceof Promise) result.catch(() => undefined);
  } catch {
    // See above.
  }
}

/** Says it by `process.emitWarning`: seen without any set-up, and silenced or redirected by Node's own means. */
export const processWarningLogger: Logger = {
  warn: emit,
  error: emit,
};

function emit(fields: object, message: string): void {
  const code = 'code' in fields && typeof fields.code === 'string' ? fields.code : 'LG_WARNING';
  const [summary = '', ...detail] = message.split('\n');
  // The first line repeats the code, which Node prints by itself.
  process.emitWarning(summary.replace(`${code}: `, ''), {
    type: 'LifeguardWarning',
    code,
    detail: detail.join('\n'),
  });
}
