const [, , file = '', name = ''] = process.argv;
const m = await import(`./${file}.ts`);
process.stdout.write(`${await m[name]()}\n`);
process.exit(0);
