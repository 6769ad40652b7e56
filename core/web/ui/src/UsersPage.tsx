import { useEffect, useState } from 'preact/hooks';
import { get, post, type Role } from './api';
import { useShared } from './context';
import { textOf } from './errors';

interface User { name: string; role: Role; active: boolean }
const roles: Role[] = ['operator', 'inspector', 'supervisor', 'administrator', 'auditor'];

export function UsersPage() {
  const { say } = useShared();
  const [users, setUsers] = useState<User[]>([]);
  const [message, setMessage] = useState('');
  const load = () => get<User[]>('/api/users').then(setUsers).catch((error) => setMessage(textOf(error, say)));
  useEffect(() => { void load(); }, []);

  const act = async (path: string, body: Record<string, string>, then = '') => {
    try {
      await post(path, body);
      setMessage(then);
      await load();
      return true;
    } catch (error) {
      setMessage(textOf(error, say));
      return false;
    }
  };
  const add = async (event: Event) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const value = (name: string) => String(data.get(name) ?? '');
    if (await act('/api/users/add', { name: value('name').trim(), role: value('role'), password: value('password') }, say('users.added'))) form.reset();
  };
  return (
    <section class="panel users">
      <h1>{say('users.title')}</h1>
      <p role="status">{message}</p>
      <table>
        <thead><tr><th scope="col">{say('users.name')}</th><th scope="col">{say('users.role')}</th><th scope="col">{say('users.state')}</th><th scope="col">{say('users.change')}</th></tr></thead>
        <tbody>
          {users.map((user) => (
            <tr key={user.name}>
              <th scope="row">{user.name}</th>
              <td>{say(`role.${user.role}`)}</td>
              <td>{say(user.active ? 'users.active' : 'users.inactive')}</td>
              <td>
                <button onClick={() => act('/api/users/active', { name: user.name, active: user.active ? 'no' : 'yes' })}>
                  {say(user.active ? 'users.deactivate' : 'users.activate')} <span class="hidden">{user.name}</span>
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>{say('users.add')}</h2>
      <form class="row" onSubmit={add}>
        <label>{say('users.name')}<input name="name" required minLength={2} maxLength={32} autocomplete="off" spellcheck={false} /></label>
        <label>{say('users.role')}<select name="role">{roles.map((role) => <option key={role} value={role}>{say(`role.${role}`)}</option>)}</select></label>
        <label>{say('first.password')}<input name="password" type="password" required minLength={10} maxLength={1024} autocomplete="new-password" /></label>
        <button class="go" type="submit">{say('users.add')}</button>
      </form>
    </section>
  );
}
