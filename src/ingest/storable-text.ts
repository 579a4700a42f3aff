/** Text that an API keeps: the one rule for every string of a request that goes anywhere. */
import { z } from 'zod';
import { isStorable } from '../core/text';

const expectation = 'expected well-formed Unicode without the zero character (U+0000)';

/** Surrounding blanks are dropped before the length, of code units, is looked at. */
export const storableText = (lengthMax: number) =>
  z.string().trim().min(1).max(lengthMax).refine(isStorable, { error: expectation });

/** It stays as it is sent, blanks included: ids are others' to make. */
export const storableId = (lengthMax: number) =>
  z.string().min(1).max(lengthMax).refine(isStorable, { error: expectation });
