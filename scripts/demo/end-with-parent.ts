// Loaded into the service by `--import`: it must not outlive the demo, however that ends.

import process from 'node:process';

process.once('disconnect', () => process.exit());
process.channel?.unref();
