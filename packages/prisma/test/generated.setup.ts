export { generateClient as setup } from './generate-client.ts';
