const { HARK_URL } = process.env;

// A session of its own for each test, so that no other one moves its cursors.
const api = async (path, options = {}) => {
  const session = expect.getState().currentTestName;
  const answer = await fetch(HARK_URL + path,
    { ...options, headers: { 'X-Hark-Session': session } });
  return answer.json();
};

const names = async () => (await api('/users')).map(user => user.name);

test('a new user is in the list', async () => {
  expect(await names()).not.toContain('Grace');
  const body = JSON.stringify({ name: 'Grace' });
  expect(await api('/users', { method: 'POST', body })).toMatchObject({ id: 2 });
  expect(await names()).toContain('Grace');
});

test('there is a first user', async () => {
  expect((await names())[0]).toBe('Ada');
});
