import { useCallback, useEffect, useState } from 'preact/hooks';
import { get, type Board } from '../api';
import { useShared } from '../context';
import { textOf } from '../errors';
import { Shape } from '../shapes';

interface Finding { grade: 'ok' | 'warning' | 'bad'; what: string; words: string }
const shapes = { ok: 'good', warning: 'warning', bad: 'damaged' } as const;

/** Whether this machine is fit to be a station; on paper too. */
export function DoctorPage({ board }: { board: Board }) {
  const { say, language } = useShared();
  const [findings, setFindings] = useState<Finding[] | null>(null);
  const [at, setAt] = useState('');
  const [refused, setRefused] = useState('');
  const load = useCallback(async () => {
    setRefused('');
    try {
      setFindings(await get<Finding[]>('/api/doctor'));
      setAt(new Date().toLocaleString(language === 'id' ? 'id-ID' : 'en-GB', { dateStyle: 'long', timeStyle: 'short' }));
    } catch (error) {
      setRefused(textOf(error, say));
    }
  }, [say, language]);
  useEffect(() => { void load(); }, []);
  const count = (grade: Finding['grade']) => findings?.filter((one) => one.grade === grade).length ?? 0;
  const worst = count('bad') > 0 ? 'bad' : count('warning') > 0 ? 'warning' : 'ok';
  return (
    <section class="panel doctor">
      <h1>{say('doctor.title')}</h1>
      {refused && <p class="refused" role="alert">{refused}</p>}
      {!findings ? <p>{say('app.loading')}</p> : (
        <>
          <p class={`verdict-line ${worst}`} role="status"><Shape name={shapes[worst]} size={30} />{say(`doctor.all-${worst}`, { bad: count('bad'), warning: count('warning') })}</p>
          <p>{board.station}, {at}</p>
          <table>
            <thead><tr><th scope="col">{say('doctor.grade')}</th><th scope="col">{say('doctor.what')}</th><th scope="col">{say('doctor.found')}</th></tr></thead>
            <tbody>
              {findings.map((one) => (
                <tr key={one.what} class={one.grade}>
                  <td><span class="grade"><Shape name={shapes[one.grade]} size={20} />{say(`doctor.${one.grade}`)}</span></td>
                  <th scope="row" lang="en">{one.what}</th>
                  <td lang="en">{one.words}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <div class="buttons"><button onClick={load}>{say('doctor.again')}</button><button onClick={() => print()}>{say('doctor.print')}</button></div>
        </>
      )}
    </section>
  );
}
