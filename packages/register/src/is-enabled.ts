/** Whether pools are to be watched: not where LIFEGUARD_ENABLED is `0`, `false`, `no` or `off`. */
export function isEnabled({ LIFEGUARD_ENABLED: chosen = '' }: NodeJS.ProcessEnv): boolean {
  return !['0', 'false', 'no', 'off'].includes(chosen.trim().toLowerCase());
}
