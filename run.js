// Plain JavaScript that any Node.js runs: runs a script in TypeScript, or says what is missing.
const NODE_MAJOR_MIN = 24;

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `Sluice needs Node.js ${NODE_MAJOR_MIN} and found ${process.versions.node}: npm ci brings it along unless ` +
      'install scripts are off, and then npm rebuild node --ignore-scripts=false does.\n',
  );
  process.exitCode = 1;
} else {
  // The second run of a command starts three times as fast.
  (await import('node:module')).enableCompileCache();
  const [script] = process.argv.splice(2, 1);
  await import(new URL(script, import.meta.url).href);
}
