import { render } from 'preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { atLeast, post, session as askSession, type Session } from './api';
import { BatchPage } from './batch/BatchPage';
import { BoardPage } from './board/BoardPage';
import { BooksPage } from './books/BooksPage';
import { DestroyPage } from './cards/DestroyPage';
import { ReprintPage } from './cards/ReprintPage';
import { ReturnedPage } from './cards/ReturnedPage';
import { allowSound } from './board/sound';
import { SharedContext } from './context';
import { HandoverPage } from './handover/HandoverPage';
import { PostPage } from './handover/PostPage';
import { RecallPage } from './handover/RecallPage';
import { languages, wordsOf, type Language, type Word } from './i18n';
import { LimitsPage } from './limits/LimitsPage';
import { useBoard } from './live';
import { LoginDialog } from './LoginDialog';
import { ReportsPage } from './reports/ReportsPage';
import { ReviewPage } from './review/ReviewPage';
import { Shape } from './shapes';
import { SortPage } from './sort/SortPage';
import { AuditPage } from './trust/AuditPage';
import { DoctorPage } from './trust/DoctorPage';
import { PersonPage } from './trust/PersonPage';
import { SettingsPage } from './trust/SettingsPage';
import { UsersPage } from './UsersPage';

const nobody: Session = { user: '', role: 'nobody', csrf: '', first_start: false };

function remembered(name: string): string | null {
  try { return localStorage.getItem(name); } catch { return null; }
}
function remember(name: string, value: string) {
  try { localStorage.setItem(name, value); } catch { /* a browser that keeps nothing forgets the choice */ }
}

type Page = 'board' | 'batch' | 'sort' | 'review' | 'limits' | 'handover' | 'post' | 'recall' | 'returned' | 'destroy' | 'reprint' | 'books' | 'reports' | 'audit' | 'person' | 'doctor' | 'settings' | 'users';
const named: Page[] = ['batch', 'sort', 'review', 'limits', 'handover', 'post', 'recall', 'returned', 'destroy', 'reprint', 'books', 'reports', 'audit', 'person', 'doctor', 'settings', 'users'];
const pageOf = (hash: string): Page => named.find((one) => hash === `#${one}`) ?? 'board';

function App() {
  const [language, setLanguage] = useState<Language>(remembered('language') === 'en' ? 'en' : 'id');
  const [theme, setTheme] = useState(remembered('theme') ?? '');
  const [sound, setSound] = useState(remembered('sound') !== 'off');
  const [who, setWho] = useState<Session>(nobody);
  const [loggingIn, setLoggingIn] = useState(false);
  const [page, setPage] = useState<Page>(pageOf(location.hash));
  const { board, connected } = useBoard();
  const say = useMemo(() => wordsOf(language), [language]);

  const renew = useCallback(async () => { try { setWho(await askSession()); } catch { setWho(nobody); } }, []);
  useEffect(() => { void renew(); }, [connected]);
  useEffect(() => {
    const go = () => setPage(pageOf(location.hash));
    addEventListener('hashchange', go);
    go();  // the address may have changed between the first picture and this
    addEventListener('pointerdown', allowSound, { once: true });
    addEventListener('keydown', allowSound, { once: true });
    return () => removeEventListener('hashchange', go);
  }, []);
  useEffect(() => { document.documentElement.lang = language; remember('language', language); }, [language]);
  useEffect(() => {
    if (theme) { document.documentElement.dataset.theme = theme; remember('theme', theme); }
  }, [theme]);
  useEffect(() => { remember('sound', sound ? 'on' : 'off'); }, [sound]);

  const dark = theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  const shared = { say, language, session: who, login: () => setLoggingIn(true), renew };
  const inHandover = ['handover', 'post', 'recall', 'returned', 'destroy', 'reprint'].includes(page);
  const few: [Page, Word][] = [['returned', 'back.section'], ['destroy', 'destroy.section'], ['reprint', 'reprint.section']];
  const sections: [Page, Word][] = inHandover && atLeast(who.role, 'auditor')
    ? [['handover', 'handover.boxes'], ...(atLeast(who.role, 'operator') ? [['post', 'handover.post'] as [Page, Word]] : []), ...few, ...(atLeast(who.role, 'supervisor') ? [['recall', 'handover.recall'] as [Page, Word]] : [])]
    : (page === 'review' || page === 'limits') && atLeast(who.role, 'auditor') ? [['review', 'limits.review'], ['limits', 'limits.section']]
    : (page === 'books' || page === 'reports') && atLeast(who.role, 'auditor') ? [['books', 'books.section'], ['reports', 'reports.section']]
    : (page === 'audit' || page === 'person') && atLeast(who.role, 'auditor') ? [['audit', 'person.log'], ['person', 'person.section']]
    : (page === 'users' || page === 'doctor' || page === 'settings') && atLeast(who.role, 'administrator') ? [['users', 'app.users'], ['doctor', 'app.doctor'], ['settings', 'settings.section']]
    : [];
  return (
    <SharedContext.Provider value={shared}>
      <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById('content')?.focus(); }}>{say('app.skip')}</a>
      <header>
      <div class="top">
        <p class="name"><strong>KTP Station</strong>{board && <span>{board.station}</span>}</p>
        <nav aria-label={say('app.nav')}>
          <a href="#board" aria-current={page === 'board' ? 'page' : undefined}>{say('app.board')}</a>
          {atLeast(who.role, 'operator') && <a href="#batch" aria-current={page === 'batch' ? 'page' : undefined}>{say('app.batch')}</a>}
          {atLeast(who.role, 'auditor') && <a href="#sort" aria-current={page === 'sort' ? 'page' : undefined}>{say('app.sort')}</a>}
          {atLeast(who.role, 'auditor') && <a href="#review" aria-current={page === 'review' || page === 'limits' ? 'page' : undefined}>{say('app.review')}{board && board.review.open > 0 && <span class="badge">{board.review.open}</span>}</a>}
          {atLeast(who.role, 'auditor') && <a href="#handover" aria-current={inHandover ? 'page' : undefined}>{say('app.handover')}</a>}
          {atLeast(who.role, 'auditor') && <a href="#books" aria-current={page === 'books' || page === 'reports' ? 'page' : undefined}>{say('app.books')}</a>}
          {atLeast(who.role, 'auditor') && <a href="#audit" aria-current={page === 'audit' || page === 'person' ? 'page' : undefined}>{say('app.audit')}</a>}
          {atLeast(who.role, 'administrator') && <a href="#users" aria-current={page === 'users' || page === 'doctor' || page === 'settings' ? 'page' : undefined}>{say('app.users')}</a>}
        </nav>
        <div class="tools">
          <button class="quiet" aria-pressed={sound} title={say(sound ? 'app.sound-on' : 'app.sound-off')} aria-label={say('app.sound')} onClick={() => setSound(!sound)}>
            <Shape name={sound ? 'sound' : 'silent'} />
          </button>
          <button class="quiet" title={say('app.theme')} aria-label={say('app.theme')} onClick={() => setTheme(dark ? 'light' : 'dark')}><Shape name="sun" /></button>
          <label class="language"><span class="hidden">{say('app.language')}</span>
            <select value={language} onChange={(event) => setLanguage(event.currentTarget.value as Language)}>
              {languages.map((one) => <option key={one.code} value={one.code}>{one.name}</option>)}
            </select>
          </label>
          {who.user
            ? <button class="quiet person" onClick={async () => { await post('/api/logout').catch(() => undefined); await renew(); location.hash = ''; }}>
                <Shape name="person" /><span>{who.user}<small>{say(`role.${who.role}`)}</small></span> {say('app.logout')}
              </button>
            : <button class="quiet person" onClick={() => setLoggingIn(true)}><Shape name="person" />{say('app.login')}</button>}
        </div>
      </div>
      {board?.test_mode && <p class="test-mode">{say('app.test-mode')}</p>}
      {!connected && <p class="offline" role="alert"><Shape name="warning" />{say('app.offline')}</p>}
      </header>
      {sections.length > 0 && (
        <nav class="sections" aria-label={say('app.sections')}>
          {sections.map(([one, word]) => <a key={one} href={`#${one}`} aria-current={page === one ? 'page' : undefined}>{say(word)}</a>)}
        </nav>
      )}
      <main id="content" tabIndex={-1} class={connected ? '' : 'stale'}>
        {page === 'users' && atLeast(who.role, 'administrator') ? <UsersPage />
          : page === 'batch' ? <BatchPage />
          : page === 'review' && atLeast(who.role, 'auditor') ? <ReviewPage version={board?.review.version ?? 0} />
          : !board ? <p>{say('app.loading')}</p>
          : page === 'limits' && atLeast(who.role, 'auditor') ? <LimitsPage />
          : page === 'sort' && atLeast(who.role, 'auditor') ? <SortPage board={board} sound={sound} />
          : page === 'handover' && atLeast(who.role, 'auditor') ? <HandoverPage board={board} />
          : page === 'post' && atLeast(who.role, 'auditor') ? <PostPage />
          : page === 'recall' && atLeast(who.role, 'supervisor') ? <RecallPage board={board} />
          : page === 'returned' && atLeast(who.role, 'auditor') ? <ReturnedPage board={board} />
          : page === 'destroy' && atLeast(who.role, 'auditor') ? <DestroyPage board={board} />
          : page === 'reprint' && atLeast(who.role, 'auditor') ? <ReprintPage board={board} />
          : page === 'books' && atLeast(who.role, 'auditor') ? <BooksPage board={board} />
          : page === 'reports' && atLeast(who.role, 'auditor') ? <ReportsPage board={board} theme={dark ? 'dark' : 'light'} />
          : page === 'person' && atLeast(who.role, 'auditor') ? <PersonPage />
          : page === 'audit' && atLeast(who.role, 'auditor') ? <AuditPage board={board} />
          : page === 'doctor' && atLeast(who.role, 'administrator') ? <DoctorPage board={board} />
          : page === 'settings' && atLeast(who.role, 'administrator') ? <SettingsPage />
          : <BoardPage board={board} sound={sound} />}
      </main>
      {loggingIn && <LoginDialog close={() => setLoggingIn(false)} />}
    </SharedContext.Provider>
  );
}

render(<App />, document.getElementById('app')!);
