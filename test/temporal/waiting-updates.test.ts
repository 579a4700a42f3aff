/** Callers wait in bounded lines: one customer's don't fill the process, and what ends leaves. */
import { createWaitingUpdates } from '../../src/temporal/waiting-updates';

const never = () => new Promise<never>(() => undefined);
const answered = async () => 'answer';

test('so many wait for one customer, and others for theirs', async () => {
  const waitInLine = createWaitingUpdates({ all: 5, workflow: 2 });
  void waitInLine('billing:ada', never);
  void waitInLine('billing:ada', never);
  await expect(waitInLine('billing:ada', answered)).rejects.toMatchObject({
    code: 'too_many_requests',
    detail: { retryAfterSeconds: 5 },
  });
  expect(await waitInLine('billing:bo', answered)).toBe('answer');
});

test('so many wait in a process', async () => {
  const waitInLine = createWaitingUpdates({ all: 2, workflow: 2 });
  void waitInLine('billing:ada', never);
  void waitInLine('billing:bo', never);
  await expect(waitInLine('billing:cy', answered)).rejects.toThrow('any customer');
});

test('who was answered or refused has left', async () => {
  const waitInLine = createWaitingUpdates({ all: 1, workflow: 1 });
  const refused = async () => {
    throw new Error('refused');
  };
  await expect(waitInLine('billing:ada', refused)).rejects.toThrow('refused');
  for (let times = 0; times < 3; times += 1)
    expect(await waitInLine('billing:ada', answered)).toBe('answer');
});
