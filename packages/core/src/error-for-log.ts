import { describeFailure } from './error-report.ts';
import { serverErrorIn } from './server-error.ts';
import { stackText } from './stack-recorder.ts';

/**
 * What may be logged of an error that came from elsewhere: a new error with its name, its frames, what
 * {@link describeFailure} says of it, and its code. Everything else is left behind, since it is nobody's list of what is
 * in there: a server's `detail` holds rows, a driver's `client` a password, an ORM's `cause` the parameters.
 */
export function errorForLog(error: unknown): Error {
  const shown = new Error(describeFailure(error));
  try {
    return error instanceof Error ? dress(shown, error) : shown;
  } catch {
    // It refuses to be read.
    return shown;
  }
}

const CODE = /^[A-Z][A-Z0-9_]{1,63}$|^[0-9A-Z]{5}$/;
const NAME = /^[\w$.[\] ]{1,80}$/;

function dress(shown: Error, error: Error): Error {
  const { name } = error;
  const stack = stackText(error);
  const frames = stack.indexOf('\n    at ');
  if (NAME.test(name)) shown.name = name;
  const tail = frames < 0 ? '' : stack.slice(frames);
  shown.stack = `${shown.name}: ${shown.message}${tail}`;
  const code: unknown = serverErrorIn(error)?.sqlState ?? Reflect.get(error, 'code');
  if (typeof code === 'string' && CODE.test(code)) Object.assign(shown, { code });
  return shown;
}
