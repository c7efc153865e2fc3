/** The version of this package, as its package.json says. */
export const CLI_VERSION = '0.1.0';
