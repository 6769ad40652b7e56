import type { Language, Say } from '.';
import { isWord } from '.';

/**
 * What the station itself says, in English, and how it is said in Bahasa Indonesia. `{name}` stands for whatever is there; `{state}` and
 * `{verdict}` are words of the catalogue. `{rest}` is said by the same list. A text that is not here is shown as the station said it.
 */
export const stationWords: readonly (readonly [string, string])[] = [
  ['card: there is no card {card}', 'tidak ada kartu {card}'],
  ['card: {card} is {state}, it does not lie in a bin', 'kartu {card} {state}, tidak ada di kotak'],
  ['card: {card} was judged good', 'kartu {card} dinilai baik'],
  ['card: {card} was judged {verdict}: that asks for a decision, not for agreement', 'kartu {card} dinilai {verdict}: itu perlu keputusan, bukan persetujuan'],
  ['card: {card} was decided by {user} already', 'kartu {card} sudah diputuskan oleh {user}'],
  ['card: {card} was decided by {user}, who alone may take it back', 'kartu {card} diputuskan oleh {user}, hanya ia yang boleh mencabutnya'],
  ['card: nothing was decided about {card} that could be taken back', 'tentang kartu {card} tidak ada keputusan yang dapat dicabut'],
  ['card: another card of order {order} was begun since; the decision stands', 'kartu lain untuk pesanan {order} sudah dimulai; keputusan tetap'],
  ['card: {card} is {state}, not unknown', 'kartu {card} {state}, bukan tidak diketahui'],
  ['card: {card} was not judged damaged', 'kartu {card} tidak dinilai rusak'],
  ['card: two people said so of {card} already', 'dua orang sudah menyatakan itu tentang kartu {card}'],
  ['card: which one', 'sebutkan kartunya'],
  ['cards: {card} was not found good by two people', 'kartu {card} belum dinyatakan baik oleh dua orang'],
  ['cards: none of them asks for another limit', 'tidak ada kartu yang meminta batas lain'],
  ['profile: these cards ask for other limits by now; look once more', 'kartu-kartu ini sekarang meminta batas lain; lihat sekali lagi'],
  ['profile: these limits are in force already', 'batas ini sudah berlaku'],
  ['another preview runs; ask again in a moment', 'pemeriksaan lain sedang berjalan; coba lagi sebentar'],
  ['second: two people put limits into force', 'batas diberlakukan oleh dua orang'],
  ['card {card} is {state}, not {rest}', 'kartu {card} {state}, bukan {rest}'],
  ['region: \'{region}\' must be a kode wilayah or the beginning of one: 32.16.06 or 32.16.06.1001', '\'{region}\' harus kode wilayah atau awalannya: 32.16.06 atau 32.16.06.1001'],
  ['batch {seal} was handed over to {who} already', 'berkas {seal} sudah diserahkan kepada {who}'],
  ['batch {seal} holds no sealed card any more', 'berkas {seal} tidak lagi berisi kartu tersegel'],
  ['seal: there is no such sealed batch', 'tidak ada berkas tersegel itu'],
  ['no sealed batch waits for its handover', 'tidak ada berkas tersegel yang menunggu serah terima'],
  ['no card waits to be destroyed', 'tidak ada kartu yang menunggu dimusnahkan'],
  ['there is no berita acara {number}', 'tidak ada berita acara {number}'],
  ['name: a destruction is witnessed by at least two different people', 'pemusnahan disaksikan sedikitnya dua orang yang berbeda'],
  ['names: one of them stands there twice', 'satu nama tertulis dua kali'],
  ['batch: it is not in the queue', 'kelompok tidak ada di antrean'],
  ['batch: it is the first already', 'kelompok sudah paling depan'],
  ['batch: it is the last already', 'kelompok sudah paling belakang'],
  ['the machine runs already', 'mesin sudah bekerja'],
  ['the machine runs; stop it first', 'mesin sedang bekerja; hentikan dulu'],
  ['a box of cards is being sorted; end that first', 'satu kotak kartu sedang dipilah; selesaikan dulu'],
  ['no batch waits to be printed', 'tidak ada kelompok yang menunggu dicetak'],
  ['nothing runs that could be stopped', 'tidak ada yang berjalan'],
  ['no box passes that could be ended', 'tidak ada kotak yang sedang dipilah'],
  ['printer: its camera was left out when the station started', 'kamera pencetak itu tidak ikut ketika stasiun dimulai'],
  ['box: 1 to 40 letters, digits, \'.\', \'_\' or \'-\', beginning with a letter or digit', 'nama kotak: 1 sampai 40 huruf, angka, \'.\', \'_\' atau \'-\', diawali huruf atau angka'],
  ['box: {box} was counted and closed with {n} cards', 'kotak {box} sudah dihitung dan ditutup dengan {n} kartu'],
  ['box: {box} was counted and closed already', 'kotak {box} sudah dihitung dan ditutup'],
  ['box: {box} passed once more in another box; it takes no further card', 'kartu kotak {box} sudah lewat sekali lagi di kotak lain; kotak ini tidak menerima kartu lagi'],
  ['box: {box} is open already', 'kotak {box} sudah terbuka'],
  ['box: there is no box {box}', 'tidak ada kotak {box}'],
  ['again: there is no box {box}', 'tidak ada kotak {box} yang dapat lewat sekali lagi'],
  ['again: the cards of box {box} have passed once more already', 'kartu kotak {box} sudah pernah lewat sekali lagi'],
  ['zip: this is not a zip file', 'ini bukan berkas zip'],
  ['zip: this is not a zip file, or it is empty', 'ini bukan berkas zip, atau kosong'],
  ['zip: it is broken, or none', 'berkas zip rusak, atau bukan zip'],
  ['zip: {file} is encrypted', '{file} di dalam zip disandikan'],
  ['zip: {file} is broken', '{file} di dalam zip rusak'],
  ['zip: {file}: it unpacks to more than is allowed', '{file} di dalam zip terlalu besar setelah dibuka'],
  ['zip: more than 20,000 files', 'zip berisi lebih dari 20.000 berkas'],
  ['batch: there is no CSV among the files', 'tidak ada CSV di antara berkas-berkas itu'],
  ['row: there is no such row', 'tidak ada baris itu'],
  ['the dropped files could not be written to the disk', 'berkas tidak dapat ditulis ke cakram'],
  ['password: at least {n} characters', 'kata sandi: sedikitnya {n} karakter'],
  ['password: too easy to guess', 'kata sandi terlalu mudah ditebak'],
  ['name: 2 to 32 letters, digits, dots and hyphens, fewer than eight digits', 'nama: 2 sampai 32 huruf, angka, titik dan garis, kurang dari delapan angka'],
  ['name: taken', 'nama itu sudah dipakai'],
  ['name: no such user', 'tidak ada pengguna itu'],
  ['name: the last administrator stays', 'administrator terakhir tetap ada'],
  ['settings: nothing is changed', 'tidak ada yang diubah'],
  ['nik: sixteen digits', 'NIK: enam belas angka'],
  ['nik: there is no order of this person here', 'tidak ada pesanan orang ini di sini'],
  ['there is no order {order}; `ktp-station orders` lists them', 'tidak ada pesanan {order}'],
  ['reason: 1 to {n} characters on one line', 'alasan: 1 sampai {n} karakter dalam satu baris'],
  ['sighting: only the card that passed last is shown', 'hanya kartu terakhir yang terlihat'],
  ['camera: there is none called so', 'tidak ada kamera bernama itu'],
  // What the pipeline and the devices tell.
  ['card {card} of order {order}: take it from {device} and put it into bin {verdict}', 'kartu {card} pesanan {order}: ambil dari {device} dan masukkan ke kotak {verdict}'],
  ['card {card} of order {order}: {verdict}, {detail}', 'kartu {card} pesanan {order}: {verdict}, {detail}'],
  ['card {card}, {side}: could be dust or glare, photographed again: {detail}', 'kartu {card}, {side}: mungkin debu atau silau, difoto sekali lagi: {detail}'],
  ['order {order} is held: {rest}', 'pesanan {order} ditahan: {rest}'],
  ['batch {batch} was moved up by {user}', 'kelompok {batch} dinaikkan oleh {user}'],
  ['batch {batch} was moved down by {user}', 'kelompok {batch} diturunkan oleh {user}'],
  ['batch {batch} was set aside by {user}', 'kelompok {batch} disisihkan oleh {user}'],
  ['batch {batch} was taken up again by {user}', 'kelompok {batch} diambil lagi oleh {user}'],
  ['a box of cards is being sorted by {user}', 'satu kotak kartu sedang dipilah oleh {user}'],
  ['sorting was ended by {user}', 'pemilahan diakhiri oleh {user}'],
  ['box {box} was counted by {user}', 'kotak {box} dihitung oleh {user}'],
  ['camera: its lane is not paused', 'jalur kamera itu tidak dijeda'],
  ['camera {device} is paused: {n} cards in a row have {kind} at the same spot of the {side}; clean its glass, then resume', 'kamera {device} dijeda: {n} kartu berturut-turut bertanda {kind} di tempat yang sama ({side}); bersihkan kacanya, lalu lanjutkan'],
  ['{rest}; nobody did in time, the ledger goes on where it stands', '{rest}; tidak ada yang melakukannya pada waktunya, buku besar melanjutkan dari tempatnya'],
  ['camera {device} was resumed', 'kamera {device} dilanjutkan'],
  ['printer {device} is ready again', 'pencetak {device} siap lagi'],
  ['printer {device} needs you: {detail}', 'pencetak {device} perlu Anda: {detail}'],
  ['printer {device} still needs you ({detail})', 'pencetak {device} masih perlu Anda ({detail})'],
];

interface Rule { pattern: RegExp; names: string[]; text: string }
const rules: Rule[] = stationWords.map(([english, text]) => {
  const names: string[] = [];
  const pattern = english.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w+)\}/g, (_, name: string) => { names.push(name); return name === 'detail' || name === 'rest' ? '(.+)' : '(.+?)'; });
  return { pattern: new RegExp(`^${pattern}$`), names, text };
});

/** What the station said, in the reader's language as far as it is known. */
export function inWords(said: string, language: Language, say: Say, depth = 0): string {
  if (language === 'en' || depth > 3) return said;
  for (const { pattern, names, text } of rules) {
    const found = pattern.exec(said);
    if (!found) continue;
    const values = new Map(names.map((name, at) => [name, found[at + 1] ?? '']));
    return text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values.get(name) ?? '';
      const word = name === 'state' ? `state.${value}` : name === 'verdict' ? `verdict.${value}` : name === 'side' ? `side.${value}` : name === 'kind' ? `kind.${value}` : '';
      return name === 'rest' ? inWords(value, language, say, depth + 1) : isWord(word) ? say(word).toLowerCase() : value;
    });
  }
  return said;
}
