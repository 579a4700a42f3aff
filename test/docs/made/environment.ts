/** Every variable of the environment, as the schema that reads it describes it. */
import { environmentSchema } from '../../../src/config';
import { code, prose, table } from './table';

export const environmentText = (): string =>
  table(
    ['variable', 'is', 'without it'],
    Object.entries(environmentSchema.shape).map(([name, schema]) => {
      const absent = schema.safeParse(undefined);
      const fallback = absent.data === undefined ? '' : code(String(absent.data));
      return [
        code(name),
        prose(schema.description ?? ''),
        absent.success ? fallback : '**needed**',
      ];
    }),
  );
