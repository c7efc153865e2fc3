import { carriedSession } from './carried-session.ts';
import type { CarriedSession } from './carried-session.ts';
import { Carrier } from './carrier.ts';

const CARRIED: unique symbol = Symbol('lifeguard session');

/** The carrier that `context`, or one around it, has been given. */
export function carrierOf(context: object | undefined): Carrier | undefined {
  const carried: unknown = context === undefined ? undefined : Reflect.get(context, CARRIED);
  return carried instanceof Carrier ? carried : undefined;
}

/** Gives a context a carrier, and a property `key` that shows its session while that is open. */
export function carry(context: object, carrier: Carrier, key: string): void {
  Object.defineProperty(context, CARRIED, { value: carrier, writable: true, configurable: true });
  Object.defineProperty(context, key, { get: () => shown(carrier), configurable: true });
}

/**
 * A context that has a carrier of its own and for the rest *is* `base`: what is set in one is set in the other. A context
 * inside of `base` would keep what a session's code sets from those who look in `base`, such as a listener that was bound
 * before the session began.
 */
export function carryingContext(base: object, carrier: Carrier, key: string): object {
  let carried = carrier;
  return new Proxy(base, {
    get(target, property) {
      if (property === CARRIED) return carried;
      return property === key ? shown(carried) : (Reflect.get(target, property) as unknown);
    },
    defineProperty(target, property, description) {
      if (property === CARRIED) carried = description.value as Carrier;
      return (
        property === CARRIED || property === key || Reflect.defineProperty(target, property, description)
      );
    },
  });
}

function shown(carrier: Carrier): CarriedSession | undefined {
  const { session } = carrier;
  return session === undefined ? undefined : carriedSession(session);
}
