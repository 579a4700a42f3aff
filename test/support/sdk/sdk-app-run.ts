/** The program of sdk-app.ts: `node -r tsx/cjs test/support/sdk/sdk-app-run.ts TASK`. */
import { runApp } from './sdk-app';

void runApp(process.argv[2] as string);
