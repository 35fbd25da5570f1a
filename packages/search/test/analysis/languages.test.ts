import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fold } from "../../src/analysis/fold.ts";
import { detectLanguage, isStopWord, LANGUAGES, stems } from "../../src/analysis/languages.ts";
import { anyText } from "./finds.ts";

/** Of each language a text, forms of one word, a stop word as it is written, and a word that says something. */
const SAMPLES: Readonly<Record<string, { text: string; forms: readonly string[]; stop: string; telling: string }>> = {
  ar: {
    text: "يقرأ الخادم الملف عند بدء التشغيل ويحتفظ به في الذاكرة. إذا تغير الملف فإنه يقرأ مرة أخرى من القرص.",
    forms: ["الكتاب", "كتاب", "كتابها"],
    stop: "إلى",
    telling: "ملف",
  },
  da: {
    text: "Serveren læser filen, når den starter, og beholder den i hukommelsen. Hvis filen ændres, bliver den læst igen.",
    forms: ["serveren", "server", "serverens"],
    stop: "også",
    telling: "fil",
  },
  de: {
    text: "Der Server liest die Datei beim Start und behält sie im Speicher. Wenn sich die Datei ändert, wird sie neu gelesen.",
    forms: ["Häuser", "Haus", "Hauses", "hauser"],
    stop: "über",
    telling: "Datei",
  },
  el: {
    text: "Ο διακομιστής διαβάζει το αρχείο κατά την εκκίνηση και το κρατά στη μνήμη. Αν το αρχείο αλλάξει, διαβάζεται ξανά.",
    forms: ["διακομιστής", "διακομιστές", "διακομιστη"],
    stop: "είναι",
    telling: "αρχείο",
  },
  en: {
    text: "The server reads the file when it starts and keeps it in memory. If the file changes, it is read again.",
    forms: ["configuration", "configurations", "configured", "configure"],
    stop: "don't",
    telling: "server",
  },
  es: {
    text: "El servidor lee el archivo al arrancar y lo guarda en memoria. Si el archivo cambia, se vuelve a leer.",
    forms: ["canción", "canciones", "cancion"],
    stop: "también",
    telling: "archivo",
  },
  fi: {
    text: "Palvelin lukee tiedoston käynnistyessään ja pitää sen muistissa. Jos tiedosto muuttuu, se luetaan uudelleen.",
    forms: ["talossa", "talo", "talosta", "taloon"],
    stop: "että",
    telling: "tiedosto",
  },
  fr: {
    text: "Le serveur lit le fichier au démarrage et le garde en mémoire. Si le fichier change, il est relu aussitôt.",
    forms: ["générale", "generale", "générales", "GÉNÉRAL"],
    stop: "même",
    telling: "fichier",
  },
  hu: {
    text: "A kiszolgáló induláskor beolvassa a fájlt, és a memóriában tartja. Ha a fájl megváltozik, akkor újra beolvassa azt.",
    forms: ["házak", "ház", "házban"],
    stop: "és",
    telling: "fájl",
  },
  id: {
    text: "Server membaca berkas ketika dijalankan dan menyimpannya di dalam memori. Jika berkas itu berubah, akan dibaca lagi.",
    forms: ["membaca", "dibaca", "baca"],
    stop: "yang",
    telling: "berkas",
  },
  it: {
    text: "Il server legge il file all'avvio e lo tiene in memoria. Se il file cambia, viene letto di nuovo.",
    forms: ["funzione", "funzioni"],
    stop: "perché",
    telling: "memoria",
  },
  nl: {
    text: "De server leest het bestand bij het opstarten en bewaart het in het geheugen. Als het verandert, wordt het gelezen.",
    forms: ["bestand", "bestanden"],
    stop: "niet",
    telling: "geheugen",
  },
  no: {
    text: "Serveren leser filen når den starter, og beholder den i minnet. Hvis filen blir endret, leses den på nytt.",
    forms: ["hus", "huset", "husene"],
    stop: "også",
    telling: "minnet",
  },
  pt: {
    text: "O servidor lê o arquivo ao iniciar e guarda-o na memória. Se o arquivo mudar, ele é lido novamente.",
    forms: ["função", "funcao"],
    stop: "não",
    telling: "arquivo",
  },
  ro: {
    text: "Serverul citește fișierul la pornire și îl păstrează în memorie. Dacă fișierul se schimbă, acesta este citit din nou.",
    forms: ["fișiere", "fișierelor", "fisiere"],
    stop: "și",
    telling: "memorie",
  },
  ru: {
    text: "Сервер читает файл при запуске и хранит его в памяти. Если файл меняется, он читается снова.",
    forms: ["файл", "файлами", "файлов"],
    stop: "что",
    telling: "сервер",
  },
  sv: {
    text: "Servern läser filen när den startar och behåller den i minnet. Om filen ändras läses den på nytt.",
    forms: ["flicka", "flickor", "flickorna"],
    stop: "också",
    telling: "minne",
  },
  tr: {
    text: "Sunucu başlarken dosyayı okur ve bellekte tutar. Dosya değişirse, bu dosya yeniden okunur ve eskisi için yer kalmaz.",
    forms: ["kitap", "kitaplar", "kitaplarımızdan"],
    stop: "için",
    telling: "dosya",
  },
};

test("every language has a sample", () => expect(Object.keys(SAMPLES).sort()).toEqual([...LANGUAGES]));

describe.each(Object.entries(SAMPLES))("%s", (language, { text, forms, stop, telling }) => {
  test("is known by its stop words", () => {
    expect(detectLanguage(text)).toBe(language);
    expect(detectLanguage(text.normalize("NFD").toUpperCase())).toBe(language);
    expect(detectLanguage(`${text}\n`.repeat(1_000))).toBe(language);
  });

  test("forms of a word have a stem in common", () => {
    const [first, ...others] = forms.map((form) => stems(form.toLowerCase().normalize("NFC"), language));
    for (const other of others) expect(other.some((stem) => first?.includes(stem))).toBe(true);
    expect(stems(fold(telling), language)).not.toEqual(first);
  });

  test("has stop words", () => {
    expect(isStopWord(fold(stop), language)).toBe(true);
    expect(isStopWord(fold(telling), language)).toBe(false);
  });
});

describe("what is no text of a language", () => {
  test.each([
    ["too short", "install package"],
    ["empty", ""],
    ["numbers", "1 2 3 4 5 6 7 8 9 10"],
    [
      "code",
      "const line = text.split(EOL); if (line.length > max) { return undefined; } export function parse(path) { handle(line); }",
    ],
    ["a table", "| id | name | price |\n|---|---|---|\n| 1 | Widget | 10.00 |\n| 2 | Gadget | 12.50 |"],
    ["Chinese", "服务器在启动时读取文件并将其保存在内存中。"],
    ["Danish or Norwegian", "Den er her, og det er godt for alle som kan se det."],
    ["Persian with words that are Arabic too", "ما به خانه می‌رویم و هم به بازار می‌رویم تا چیزی بگیریم"],
    ["Belarusian", "Не было на месцы, а за домам па вуліцы ішоў чалавек ў капелюшы, а не на кані."],
    ["Thai", "เซิร์ฟเวอร์อ่านไฟล์เมื่อเริ่มทำงาน"],
    ["Hebrew", "השרת קורא את הקובץ כשהוא עולה ושומר אותו בזיכרון"],
    [
      "Polish",
      "Serwer odczytuje plik przy starcie i trzyma go w pamięci. Jeśli plik się zmieni, jest czytany ponownie.",
    ],
    ["Czech", "Server při spuštění načte soubor a drží ho v paměti. Pokud se soubor změní, načte se znovu."],
    [
      "Catalan",
      "El servidor llegeix el fitxer en arrencar i el guarda a la memòria. Si el fitxer canvia, es torna a llegir.",
    ],
    ["Bulgarian", "Сървърът чете файла при стартиране и го пази в паметта. Ако файлът се промени, той се чете отново."],
    [
      "Ukrainian",
      "Сервер читає файл під час запуску і зберігає його в пам'яті. Якщо файл змінюється, він читається знову.",
    ],
    [
      "Persian",
      "سرور هنگام راه‌اندازی فایل را می‌خواند و آن را در حافظه نگه می‌دارد. اگر فایل تغییر کند دوباره خوانده می‌شود.",
    ],
  ])("%s", (_, text) => expect(detectLanguage(text)).toBeUndefined());

  test("some code between the text does not matter, nor what comes after 4,000 characters", () => {
    const { en, de } = SAMPLES;
    expect(detectLanguage(`${en?.text}\n\`npm install --save x\`\n${en?.text} 東京`)).toBe("en");
    expect(detectLanguage(`${en?.text.repeat(50)}${de?.text.repeat(500)}`)).toBe("en");
  });

  test("a question is enough", () => {
    expect(detectLanguage("how do I install the package")).toBe("en");
    expect(detectLanguage("wie installiere ich das Paket")).toBe("de");
  });
});

describe("stems", () => {
  test("are those of the word with its accents first", () => {
    expect(stems("générale", "fr")[0]).toBe("general");
    expect(stems("naïveté", "en")).toEqual(["naivet"]);
  });

  test("of other scripts, unknown languages and long words are the words", () => {
    expect(stems("東京", "en")).toEqual(["東京"]);
    expect(stems("привет", "en")).toEqual(["привет"]);
    expect(stems("servers", "ru")).toEqual(["servers"]);
    expect(stems("servers", "xx")).toEqual(["servers"]);
    expect(stems("servers", "constructor")).toEqual(["servers"]);
    expect(stems("é".repeat(1_000), "fr")).toEqual(["e".repeat(1_000)]);
  });

  test("are one or two, folded and not empty, for any word", () => {
    const letters = fc.string({
      unit: fc.constantFrom(..."aeiouyéèàüößñçłıışğаеиоущьяαεάσςابةىءأي\u0301"),
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.oneof(letters, anyText), fc.constantFrom(...LANGUAGES), (word, language) => {
        const found = stems(word, language);
        expect([1, 2]).toContain(found.length);
        for (const stem of found) expect(fold(stem)).toBe(stem);
        if (fold(word) !== "") expect(found).not.toContain("");
      }),
      { numRuns: 700 },
    );
  });

  test("what is typed without accents meets what is written with them", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."aeioulnrsteéèüößñç"), minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(letters, fc.constantFrom(...LANGUAGES), (word, language) => {
        const written = stems(word, language);
        expect(stems(fold(word), language).some((stem) => written.includes(stem))).toBe(true);
      }),
    );
  });
});

test("stop words: contractions are judged by their full words", () => {
  expect(["don't", "it's", "doesn’t"].every((word) => isStopWord(word, "en"))).toBe(true);
  expect(isStopWord("server's", "en")).toBe(false);
  expect(isStopWord("l'ecole", "fr")).toBe(false);
  expect(isStopWord("the", "xx")).toBe(false);
  expect(isStopWord("the", "constructor")).toBe(false);
});
