/**
 * The most frequent words of languages that have no stemmer here, by language, in folded form: so that their texts are not
 * taken for a relative's.
 */
export const RIVALS: Readonly<Record<string, string>> = {
  af: "die en van in is wat nie het om te word hierdie was sy hulle met vir ons jy kan ook deur maar as nog moet daar hy baie aan by",
  bg: "се на и в от за да е са ще като по не със че с това или към във при му тази този които която което може ако до след само без бъде",
  ca: "de la el que i a en les els per amb del un una no es al se com mes son aquest aquesta pero o tambe seva seu ha dels pot cal si han fer aixo quan",
  cs: "ho pokud a se na v je ze s z do o i to k ve pro za by ale jsou jako po jeho od podle jen tak pri nebo ktery ktera ktere byl bylo muze aby kdyz tento jsem neni",
  et: "ja on ei et ka see oli kui mis oma ta aga ning kes selle voi nii siis nad seda mida tema need juba olid vaid olla saab kuid ole poolt",
  eu: "eta da du ez bat ere dira izan den zuen duen hau dute baina edo egin beste dituzte bere zen hori dela baino nahi behar",
  gl: "o a de que e do da en os un unha non para por con se no na como mais as ao dos seu sua foi esta ou tamen pero das polo pola ten moi cando",
  hr: "i je u na se da su za od s a kao koji o iz ne te to koja ili bi ali sa bio po koje sto za nije ako vec do samo pri moze",
  lt: "ir i kad yra su is tai kaip ne o bet ar uz buvo jo nuo per apie taip pat savo po jis labai kuris dar tik bus",
  lv: "un ir ar no uz par ka tas ja bet kas lai vai pie gan to ari ta ne bija tiek pec savu kur nav var so",
  pl: "i w z na do nie sie ze to jest o a jak od za po dla przez co jego ale tym oraz czy ktory ktora ktore moze lub byc tego przy sa tylko jesli aby",
  sk: "ho pokial a sa na v je ze s z do o i to k vo pre za by ale su ako po jeho od podla len tak pri alebo ktory ktora ktore bol bolo moze aby ked tento som nie",
  sl: "in je v na se da so za z s pa ki bi ne kot o tudi po od ali ko iz pri lahko ali ce ni bil sem samo tega to ima",
  sr: "и је у на се да су за од с а као који о из не те то која или би али са био по које што није ако већ до само при може",
  uk: "і в на не що з та до у за як це про його від для але є чи або також був було яка який які може якщо при ви по так вони він",
  vi: "va la cua co trong cho khong duoc voi mot cac nhung nay da se khi de tu nguoi den ra nhu ve tai theo o cung",
};
