import { stemmer as arabic } from "@orama/stemmers/arabic";
import { stemmer as danish } from "@orama/stemmers/danish";
import { stemmer as dutch } from "@orama/stemmers/dutch";
import { stemmer as finnish } from "@orama/stemmers/finnish";
import { stemmer as french } from "@orama/stemmers/french";
import { stemmer as german } from "@orama/stemmers/german";
import { stemmer as greek } from "@orama/stemmers/greek";
import { stemmer as hungarian } from "@orama/stemmers/hungarian";
import { stemmer as indonesian } from "@orama/stemmers/indonesian";
import { stemmer as italian } from "@orama/stemmers/italian";
import { stemmer as norwegian } from "@orama/stemmers/norwegian";
import { stemmer as portuguese } from "@orama/stemmers/portuguese";
import { stemmer as romanian } from "@orama/stemmers/romanian";
import { stemmer as russian } from "@orama/stemmers/russian";
import { stemmer as spanish } from "@orama/stemmers/spanish";
import { stemmer as swedish } from "@orama/stemmers/swedish";
import { stemmer as turkish } from "@orama/stemmers/turkish";
import { stemmer as english } from "stemmer";
import type { Language } from "./types.ts";

export type Script = "Latin" | "Cyrillic" | "Greek" | "Arabic";

export interface Stemmer {
  readonly script: Script;
  readonly stem: (word: string) => string;
}

/**
 * The stemming algorithms of the Snowball project (https://snowballstem.org/algorithms), for English that of Porter (1980).
 * Only those: what the library has for other languages is somebody else's.
 */
export const STEMMERS: ReadonlyMap<Language, Stemmer> = new Map<Language, Stemmer>([
  ["ar", { script: "Arabic", stem: arabic }],
  ["da", { script: "Latin", stem: danish }],
  ["de", { script: "Latin", stem: german }],
  ["el", { script: "Greek", stem: greek }],
  ["en", { script: "Latin", stem: english }],
  ["es", { script: "Latin", stem: spanish }],
  ["fi", { script: "Latin", stem: finnish }],
  ["fr", { script: "Latin", stem: french }],
  ["hu", { script: "Latin", stem: hungarian }],
  ["id", { script: "Latin", stem: indonesian }],
  ["it", { script: "Latin", stem: italian }],
  ["nl", { script: "Latin", stem: dutch }],
  ["no", { script: "Latin", stem: norwegian }],
  ["pt", { script: "Latin", stem: portuguese }],
  ["ro", { script: "Latin", stem: romanian }],
  ["ru", { script: "Cyrillic", stem: russian }],
  ["sv", { script: "Latin", stem: swedish }],
  ["tr", { script: "Latin", stem: turkish }],
]);
