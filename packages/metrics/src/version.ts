/** The version of this package, as its package.json says. */
export const METRICS_VERSION = '0.1.0';
