import { readFileSync } from 'node:fs';

/**
 * A certificate for `receiver.example`, from 2024 to 2124, that signs itself, with its key, for
 * tests alone. Made by `openssl ca -selfsign`, as Node cannot make one.
 */
const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export const CERTIFICATE = { cert: read('receiver.cert.pem'), key: read('receiver.key.pem') };
