/** A member is replaced in the text, and nothing else of the text is touched. */
import fc from 'fast-check';
import { withMember } from '../../src/sdk/json-member';

test('whatever else is in an object stays as it was written', () => {
  const members = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 });
  const spaces = fc.constantFrom(undefined, 1, '\t');
  fc.assert(
    fc.property(members, fc.jsonValue(), spaces, (object, old, space) => {
      const text = JSON.stringify({ ...object, wanted: old, 'last "one"': [1] }, null, space);
      const changed = withMember(text, 'wanted', '{"new":true}');
      expect(JSON.parse(changed)).toEqual({
        ...JSON.parse(JSON.stringify({ ...object, 'last "one"': [1] })),
        wanted: { new: true },
      });
    }),
  );
});

test.each([
  ['{"a":12345678901234567890,"wanted":null}', '{"a":12345678901234567890,"wanted":1}'],
  ['{"wanted":{"wanted":2,"b":[{}]},"a":1e400}', '{"wanted":1,"a":1e400}'],
  ['{"a":{"wanted":2},"w\\u0061nted":"}\\"," }', '{"a":{"wanted":2},"w\\u0061nted":1}'],
  ['{"a":"\\ud800","wanted":[]}', '{"a":"\\ud800","wanted":1}'],
])('%s', (text, changed) => {
  expect(withMember(text, 'wanted', '1')).toBe(changed);
});
