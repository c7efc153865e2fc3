import { channel } from 'node:diagnostics_channel';
import type { Channel } from 'node:diagnostics_channel';

type ChannelEvent = 'acquire' | 'release' | 'connect' | 'close' | 'leak' | 'timeout' | 'shed';

/**
 * The channels that monitoring vendors subscribe to; one for each operation, named `npm-name:operation`. Subscribers run
 * synchronously and see the same payload as the pool's own event.
 */
export const CHANNELS: Readonly<Record<ChannelEvent, string>> = Object.freeze({
  acquire: 'lifeguard:connection:acquire',
  release: 'lifeguard:connection:release',
  connect: 'lifeguard:connection:create',
  close: 'lifeguard:connection:remove',
  leak: 'lifeguard:leak',
  timeout: 'lifeguard:pool:exhausted',
  shed: 'lifeguard:pool:overloaded',
});

const channels = Object.fromEntries(
  Object.entries(CHANNELS).map(([event, name]) => [event, channel(name)]),
) as Record<ChannelEvent, Channel>;

/** Whether publishing would reach anybody. One function each, since these are asked at every acquire and release. */
export const hasSubscribers: Readonly<Record<'ofAcquire' | 'ofRelease', () => boolean>> = Object.freeze({
  ofAcquire: (): boolean => channels.acquire.hasSubscribers,
  ofRelease: (): boolean => channels.release.hasSubscribers,
});

/** Publishes when somebody listens. A subscriber that throws does so in a tick of its own, as Node defines it. */
export function publish(event: ChannelEvent, payload: object): void {
  const target = channels[event];
  if (target.hasSubscribers) target.publish(payload);
}
