/** Goal: nothing that changes money is done without a yes. */
import { confirmation } from '../../../src/cli/terminal/confirmation';

describe('what changes money', () => {
  const told = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  beforeEach(() => told.mockClear());
  afterAll(() => told.mockRestore());

  test('is refused without a terminal, after saying what would be done', async () => {
    await expect(confirmation({})('bo: $70.00 due now')).rejects.toThrow('Repeat it with --yes');
    expect(told.mock.calls).toEqual([['bo: $70.00 due now']]);
  });

  test('is told and done with --yes', async () => {
    expect(await confirmation({ yes: true })('bo: $70.00 due now')).toBe(true);
    expect(told.mock.calls).toEqual([['bo: $70.00 due now']]);
  });
});
