/** Which subjects are too long, since when, and that older ones are left in peace. */
import { ScratchRepository } from './scratch-repository';

const LONG = 'A subject that goes on and on, because it tells of three things and not of one';
const JUST = 'x'.repeat(72);

let repository: ScratchRepository;
beforeEach(() => {
  repository = new ScratchRepository({});
});
afterEach(() => repository.remove());

const check = (...base: readonly string[]) => repository.script('commit-subjects.js', ...base);

test('72 characters are enough for anybody, whatever they are', () => {
  repository.commit(JUST);
  repository.commit('€'.repeat(72));
  expect(check()).toEqual({ status: 0, output: '2 subjects, none too long.\n' });
});

test('a longer one is named with what to do', () => {
  repository.commit(LONG);
  const { status, output } = check();
  expect(status).toBe(1);
  expect(output).toContain(`has ${LONG.length} characters, expected at most 72: "${LONG}"`);
});

test('what is older than the base, or than the last release, is not looked at', () => {
  repository.commit(LONG);
  const base = repository.git('rev-parse', 'HEAD');
  repository.commit('A short one');
  expect(check().status).toBe(1);
  expect(check(base)).toEqual({ status: 0, output: '1 subjects, none too long.\n' });
  repository.git('tag', 'v1.0.0', base);
  expect(check().status).toBe(0);
});

test('a merge is not looked at: git has written its subject', () => {
  repository.git('switch', '--quiet', '--create', 'aside');
  repository.commit('Aside');
  repository.git('switch', '--quiet', 'main');
  repository.git('merge', '--quiet', '--no-ff', '--message', LONG, 'aside');
  expect(check().status).toBe(0);
});

test('a base that is not there is told, not passed over', () => {
  expect(check('gone')).toEqual({ status: 1, output: 'git knows no gone.\n' });
});
