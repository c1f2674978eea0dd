/**
 * Writes `docs/openapi.json` from the definitions of the contract. `npm run generate` runs it; a
 * test fails where the two differ.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { openApiDocument } from './openapi.ts';

const root = new URL('../../', import.meta.url);

export function generatedOpenApi(): string {
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  return `${JSON.stringify(openApiDocument(version), null, 2)}\n`;
}

if (import.meta.main) writeFileSync(new URL('docs/openapi.json', root), generatedOpenApi());
