/** The program `tollkeeper` as it is started: runs what it was called with, or says what failed. */
import { tollkeeperProgram } from './program';

async function run(): Promise<void> {
  try {
    await tollkeeperProgram().parseAsync();
  } catch (error) {
    const { failureText } = await import('./terminal/failure-text.js');
    const { forTerminal } = await import('./terminal/terminal-text.js');
    console.error(forTerminal(failureText(error)));
    process.exitCode = 1;
  }
}

void run();
