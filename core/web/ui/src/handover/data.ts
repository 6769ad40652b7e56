export interface Desa { code: string; name: string; cards: number }
export interface Kecamatan { code: string; name: string; cards: number; desa: Desa[] }
export interface Seal { seal: string; region: string; desa: string; kecamatan: string; cards: number; inside: number; taken_by: string }
export interface Overview { blocked: { term: 'unknown' | 'discrepancy'; n: number }[]; bins: Kecamatan[]; seals: Seal[] }
export interface SealedCard { card: string; order: string; item: string; state: string; post: string }
export interface Difference {
  handed_over: boolean; sealed: number; counted: number;
  missing: { card: string; order: string; item: string }[]; foreign: string[];
}

/** An item number as the station compares it: capitals, without what people put between. */
export const plainItem = (text: string) => text.replaceAll(/[\s-]/g, '').toUpperCase();
