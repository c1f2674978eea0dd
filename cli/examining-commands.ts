import type { Command } from 'commander';
import { DOCTOR_HELP } from './help.ts';

/** The commands that look at a deployment, or at what one would cost, and change nothing. */
export function addExaminingCommands(
  sluice: Command,
  setExitCode: (exitCode: number) => void,
): void {
  sluice
    .command('doctor')
    .description('say what is wrong with Redis, the settings or the API, and how to mend it')
    .option('--conformance', 'only whether this Redis does what Sluice presumes')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', DOCTOR_HELP)
    .action(async (flags) => {
      // What talks to Redis is loaded for this command only.
      const { doctorCommand } = await import('./doctor-command.ts');
      setExitCode(await doctorCommand(process.env, flags));
    });
}
