import { fold } from "./fold.ts";
import type { Language } from "./types.ts";

/**
 * Words that say nothing about what a text is about, by language: articles, pronouns, prepositions, conjunctions, auxiliary
 * verbs and their like, and no others. Lower-case with their accents.
 */
const STOP_LISTS: Readonly<Record<string, string>> = {
  en:
    "a about above after again against all also am an and any are aren as at be because been before being below between both but by " +
    "can cannot could couldn did didn do does doesn doing don done down during each either etc few for from further get give had hadn " +
    "has hasn have having he her here hers herself him himself his how however i if in into is isn it its itself just let like made " +
    "make many may me might more most much must my myself neither no nor not now of off on once one only or other our ours ourselves " +
    "out over own please same shall she should shouldn since so some such tell than that the their theirs them themselves then there " +
    "these they this those through thus to too under until up upon us use used using very via was wasn way we were weren what when " +
    "where whether which while who whom whose why will with within without would wouldn yet you your yours yourself yourselves",
  de:
    "aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes anders auch auf aus bei beim bereits " +
    "bin bis bist bitte bzw da dabei dadurch dafür daher damit dann daran darauf daraus darf darin das dass davon dazu dein deine deinem " +
    "deinen deiner dem den denen denn der deren des dessen dich die dies diese diesem diesen dieser dieses dir doch dort du durch dürfen " +
    "ein eine einem einen einer eines einige einigen einiger einmal er es etwa etwas euch euer eure für gegen habe haben hat hatte " +
    "hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in indem ins ist ja jede jedem jeden jeder jedes jedoch jene " +
    "jetzt kann kannst kein keine keinem keinen keiner können könnte man manche mehr mein meine meinem meinen meiner mich mir mit muss " +
    "müssen nach nicht nichts noch nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seit selbst sich sie sind so sobald " +
    "sogar solche solchen soll sollen sollte sondern sonst sowie über um und uns unser unsere unter viel viele vom von vor war waren warum " +
    "was weil welche welchem welchen welcher welches wenn wer werde werden weder wie wieder will wir wird wo wobei wurde wurden würde " +
    "würden zu zum zur zwar zwischen",
  fr:
    "à afin ai aie ainsi alors après as au aucun aucune aujourd auquel aura aurait aussi autre autres aux avait avant avec avez avoir avons " +
    "bien c car ce ceci cela celle celles celui ces cet cette ceux chaque chez ci comme comment d dans de depuis des donc dont du elle elles " +
    "en encore entre est et étaient était étant être eu eux fait font hors ici il ils j je jusqu l la le les leur leurs lorsque lui m ma " +
    "mais me même mêmes mes moi moins mon n ne ni non nos notre nous on ont ou où par parce pas pendant peu peut peuvent plus pour " +
    "pourquoi puis qu quand que quel quelle quelles quelque quelques quels qui quoi s sa sans se selon sera serait ses si soit son sont " +
    "sous suis sur t ta tandis tel telle te tes toi ton tous tout toute toutes très tu un une vers voici voilà vos votre vous y",
  es:
    "a acerca al algo algún alguna algunas algunos ante antes aquel aquella aquí así aún aunque bajo bien cada como cómo con contra cual " +
    "cuál cuales cualquier cuando cuándo de debe del desde donde dónde durante e el él ella ellas ellos en entonces entre era eran es esa " +
    "esas ese eso esos esta está están estar estas este esto estos fue fueron ha había hace hacer hacia han has hasta hay he hemos la las " +
    "le les lo los luego más me mediante mi mí mientras mis mismo misma mismos mucho muchos muy nada ni ningún ninguna no nos nosotros " +
    "nuestra nuestro nuestros o os otra otras otro otros para pero poco por porque pues puede pueden que qué quien quién se sea sean según " +
    "ser si sí sido siempre sin sino sobre solo son su sus tal también tampoco tan tanto te ti tiene tienen toda todas todavía todo todos tu " +
    "tus un una unas uno unos usted ustedes ya y yo",
  it:
    "a abbiamo ad agli ai al alcune alcuni all alla alle allo allora altre altri altro anche ancora avere aveva c che chi ci ciascuno ciò " +
    "coi col come con contro così cui d da dagli dai dal dall dalla dalle dallo degli dei del dell della delle dello dentro deve di dopo " +
    "dove dunque durante e è ed egli entrambi era erano esse essere essi fa fino fra già gli ha hai hanno ho i il in infatti invece io l la " +
    "le lei li lo loro lui ma me mentre mi mia mie miei mio molti molto n ne nei negli nel nell nella nelle nello no noi non nostra nostro " +
    "o od ogni oppure ora per perché però più poi poiché possono prima può qual quale quali quando quanto quella quelle quelli quello " +
    "questa queste questi questo qui s sarà se sé sei senza si sia siamo siano sono sopra sotto sta stata stati stato su sua sue sugli sui sul " +
    "sull sulla sulle sullo suo suoi te ti tra tu tua tue tuo tutta tutte tutti tutto un una uno v vi viene voi vostro",
  pt:
    "a à acerca ainda além algum alguma algumas alguns ambos antes ao aos apenas após aquela aquele aqueles aquilo as às assim até através " +
    "cada com como contra cuja cujo da dado das de dela delas dele deles depois desde dessa desse desta deste deve devem do dos durante e é " +
    "ela elas ele eles em embora enquanto entre era eram essa essas esse esses esta está estamos estão estas estava este estes eu foi foram " +
    "há isso isto já lhe lhes lo logo mais mas me mesma mesmo meu meus minha muito muitos na não nas nem nenhum nenhuma nessa nesse nesta " +
    "neste no nos nós nossa nosso num numa o onde os ou outra outras outro outros para pela pelas pelo pelos perante pode podem pois por " +
    "porém porque portanto pouco qual quais qualquer quando quanto quantos que quem se seja sejam sem sempre sendo ser será seu seus si sido " +
    "só sob sobre somos sua suas são também tanto tão te tem têm tenho ter teve teu todas todo todos toda tu tudo um uma umas uns você vocês vos",
  nl:
    "aan al alle alleen alles als altijd andere anders ben bij binnen bovendien daar daardoor daarom dan dat de deze die dit doen door dus " +
    "echter een eens elk elke en er eerst ge geen geweest had hadden hebben hebt heeft hem hen het hier hij hoe hun iemand iets ik in indien " +
    "is ja je jij jouw jullie kan kon kunnen kunt maar me meer men met mij mijn moet moeten mogen mag na naar niemand niet niets nog nu of om " +
    "omdat onder ons onze ook op over reeds sinds soms steeds te tegen ten ter terwijl toch toe toen tot totdat tussen u uit uw vaak van vanaf " +
    "vanuit veel via voor waar waarbij waarin waarom wanneer want waren was wat weer wel welke werd werden wie wij worden wordt wil we zal ze " +
    "zelf zich zichzelf zij zijn zo zoals zodat zonder zou zouden zowel",
  sv:
    "aldrig all alla allt alltid andra annan annat att av bara blev bli blir blivit både de dem den denna deras dess dessa det detta dig din " +
    "dina ditt dock du då där därför efter eftersom eller en endast er era ett ej flera från för före genom ha hade han hans har helt henne " +
    "hennes hon honom hos hur här i ibland icke in ingen inget inom inte ja jag kan kommer kunde kunna man med medan mellan men mer mest mig " +
    "min mina mitt mot mycket måste ni nog nu nya när någon något några och också om oss på redan samma samt sedan ska skall skulle så sig " +
    "sin sina sitt själv som till trots tills under upp ut utan vad var vara varför varit varje vars vem vi vid vilka vilken vilket vår våra " +
    "vårt än ännu är åt över",
  da:
    "ad af aldrig alle allerede alligevel alt altid anden andet andre at bare begge blev blive bliver da de dem den denne der deres derfor " +
    "dermed det dette dig din dine disse dit dog du efter eller en end endnu er et for fordi foran fra før først gennem går ham han hans har " +
    "havde have helt hen hende hendes her hos hun hvad hvem hver hvilke hvilken hvilket hvis hvor hvordan hvorfor hvornår i igen ikke ind ingen " +
    "intet jeg jer jeres kan kom kommer kun kunne lige man mange med meget mellem men mens mere mig min mindre mine mit mod må måske ned nej " +
    "noget nogen nogle nu når og også om op os over på samme samt sammen selv sig sin sine sit skal skulle som så sådan til uden ud under " +
    "var ved vi vil ville vor vores være været",
  no:
    "alle allerede alltid alt andre annen annet at av bare begge ble blei bli blir blitt både da de deg dei dem den denne der dere deres derfor " +
    "det dette din disse ditt du eg ei ein eit eitt eller en enn er et ett etter for fordi foran fra før først få gjennom ha hadde ham han " +
    "hans har henne hennes her hos hun hva hvem hver hvilke hvilken hvilket hvis hvor hvordan hvorfor i igjen ikke ikkje ingen inn inne jeg kan " +
    "kom kommer korleis kun kunne kva kvar kvifor man mange med meg meget mellom men mens mer mest min mine mitt mot mye må måtte ned nei noe noen " +
    "nå når og også om opp oss over på samme sammen samt seg selv sin sine sitt sjøl skal skulle slik som så sånn til uten under ut vart ved " +
    "vi vil ville vår våre vært være å",
  fi:
    "aina ainakin alla alas asti edes ei eikä eivät eli ellei emme en enemmän eniten ennen ensin entä erittäin eräs esimerkiksi et ette että " +
    "he heidän heille heitä hän häntä hänen hänelle ilman itse ja jo johon joiden joilla joissa joita joka jokainen joko jolla jolloin jonka jos " +
    "jossa josta jota jotka jotta joten jälkeen kaikki kaikkien kaikkia kanssa kautta ketkä koska kuin kuinka kuitenkin kuka kun kunnes kyllä " +
    "lisäksi luona me meidän meitä mihin mikä miksi milloin minkä minun minut minä missä mistä mitä miten molemmat muita muiden mukaan " +
    "mukaisesti mutta muu muut myös myöskään ne niiden niin niissä niitä nyt nämä näiden näissä näitä noin ole oleva olevan olette oli olivat olla " +
    "ollut olemme olet olen on ovat paitsi pitkin pitää pois saa se sekä sen seuraavasti siihen siinä siis siitä sille sillä silloin sinun sinä " +
    "sitten sitä suuri taas tai tähän takia te teidän tuo tulee tätä tämä tämän tällä tässä tästä vaan vai vaikka vain varten vasta voi voidaan " +
    "voivat voit yhä yli ympäri",
  ru:
    "а без более бы был была были было быть в вам вас ведь весь во вот все всего всей всем всех всю вы где да для до его ее ей ему если " +
    "есть еще же за здесь и из или им ими их к каждый как какая какие какой когда который которая которое которые которых которого которой кто ко " +
    "лишь либо между меня мне может можно мои мой моя мы на над надо нам нас наш не него нее ней нет ни нибудь них но ну о об однако он она " +
    "они оно от очень перед по под после потом потому почему при про с сам свой своего своей свои себя сейчас со так также такая такие такой " +
    "там те тебя тем теперь того тоже той только том тот ту тут ты у уже хотя чего чем через что чтобы чье чья эта эти этих это этого этой этом " +
    "этот эту я является являются",
  hu:
    "a abban abból addig ahhoz ahogy ahol aki akik akkor alá alatt általában által am ami amely amelyek amelyet amikor amit annak arra arról az " +
    "azok azon azonban azt aztán azután azért át bár be belül benne csak de e ebben eddig egy egyes egyéb egyik együtt el elég ellen előtt " +
    "emellett én ennek erre és ez ezek ezen ezt ezután ezért ezzel fel felé ha hanem hiszen hogy hogyan honnan hol igen így illetve ill is itt " +
    "jó kell kellett keresztül ki kívül közben között közül le legyen lehet lenni lesz lett ma már meg megint mely melyek mert mi mikor minden " +
    "mindig mint mintha mit miért mivel mögött most ne nekem neki nem nincs nélkül oda olyan ott össze ő ők őket pedig persze rá s saját sem " +
    "semmi sok számára szerint szemben szét talán tehát te teljes több továbbá utána után úgy vagy vagyis vagyok valaki valami van vannak vele " +
    "vissza viszont volna volt voltak",
  ro:
    "a abia acea aceasta această aceea acei acel acela acele acelea acest acesta aceste acestea aceștia acestui acestei acestor acolo acum ai " +
    "aia al ale alt alta altă altul am apoi ar are asemenea astfel asta aș așa ați atât atunci au avea aveți având azi ă ba că căci când care " +
    "căreia cărui căror cât câte câți ce cea ceea cei cel cele celor cine cineva cu cum cumva dacă dar datorită de deci decât deja deși din " +
    "dintre doar după ea ei el ele era este eu face fără fi fie fiecare fiind fost foarte iar în înainte încă încât într îi îl își îmi îți la lor lui " +
    "mai mă mea mei meu mult multe mulți ne nici niciun nimic noastră noi nostru nu o oricare orice ori pe pentru peste până poate pot " +
    "prea prin printr sa să sale sau său se și sub sunt suntem te tot toată toate toți totuși tu un una unde unei unele unii unor " +
    "unui va vă vei vom vor voi vostru",
  tr:
    "acaba ama ancak artık aslında ayrıca az bana bazı belki ben beni benim beri bir biraz biri birçok birkaç biz bize bizi bizim bu buna bunda " +
    "bundan bunlar bunları bunların bunu bunun burada böyle çok çünkü da daha dahi de defa değil diğer diye dolayı eğer en etmek etmesi etti " +
    "ettiği fakat gibi göre hala halen hangi hatta hem henüz hep hepsi her herhangi herkes hiç hiçbir için ile ilgili ise işte itibaren kadar " +
    "karşın kendi kendine kendisi ki kim kimse mı mi mu mü nasıl ne neden nedenle nerede niçin niye o olan olarak oldu olduğu olduğunu olmak " +
    "olmadığı olması olmayan olsa olsun olup olur oluyor ona ondan onlar onları onların onu onun öyle oysa pek rağmen sadece sanki sen senin " +
    "siz sizi sizin sonra şey şu şöyle tarafından tüm üzere var vardır ve veya veyahut ya yani yapılan yapmak yerine yine yoksa zaten zira",
  id:
    "ada adalah agar akan aku anda antara apa apabila apakah atas atau bagaimana bagi bahwa banyak beberapa begitu belum berbagai bisa bukan " +
    "dalam dan dapat dari daripada dengan di dia hal hanya harus hingga ia ini itu jangan jika juga kali kalau kami kamu karena ke kepada " +
    "kemudian ketika kita lagi lain lalu maka mana masih melalui mengapa mereka misalnya namun nya oleh pada para perlu pernah pun saat saja " +
    "sampai sangat saya seperti sebab sebagai sebelum sebuah secara sedang sehingga sejak selalu selama semua seorang serta sesuai setelah " +
    "setiap siapa suatu sudah supaya tanpa tapi telah tentang terhadap tersebut tetapi tidak untuk yaitu yang",
  el:
    "αλλά αν ανάμεσα αντί από αυτά αυτές αυτή αυτήν αυτό αυτοί αυτόν αυτός αυτού αυτούς αυτών αφού για γιατί δε δεν εάν εγώ εδώ εκεί εκείνη " +
    "εκείνο εκείνος εμείς ένα έναν ένας ενώ επειδή επί επίσης εσείς εσύ έτσι έχει έχουν έχω η ή ήταν θα ίδια ίδιο ίσως και κάθε κάποια κάποιο " +
    "κάποιος κατά κι κάτι μα μας με μέσα μέσω μετά μεταξύ μέχρι μη μην μια μία μόνο μου μπορεί μπορείτε να ο οι όλα όλες όλοι όμως όπου όπως " +
    "όσο όταν ότι ούτε παρά πάνω περί πιο ποια ποιο ποιος πολύ πού που πρέπει πριν προς πώς πως σαν σας σε στα στη στην στις στο στον στους " +
    "συν τα τη την της τι τις το τον του τους τότε των υπό χωρίς ώστε ως είμαι είναι είστε",
  ar:
    "إذ إذا إلا إلى أم أما أن إن أنا أنت أنتم أنها أنه إنها إنه أو أي أين أيضا بعد بعض بل بما بن بها به بهذا بهذه بين تحت تكون تلك تم ثم جدا جميع حتى " +
    "حول حيث حين خلال دون ذات ذلك سوف سوى عدم عليها عليه على عن عند عندما غير فإن فقد فقط فهو فهي في فيما فيها فيه قبل قد كان كانت كل كلا كما " +
    "كيف كم كنت لا لأن لدى لذلك لقد لكن لكل لم لماذا لن لنا له لها لهذا لهم لو ليس ليست ما ماذا مثل مع من منذ منها منه مما نحن نحو نفس هل هم هنا هناك " +
    "هو هي هذا هذه هذان هؤلاء والتي والذي وفي وقد وكان وكانت ولا ولكن ولم وما ومن وهذا وهذه وهو وهي وعلى وإلى يتم يجب يكون يمكن يا التي الذي الذين اللذان",
};

const folded = new Map<Language, ReadonlySet<string>>();

/** The folded stop words of a language; undefined if there is no list of them. */
export function stopWords(language: Language): ReadonlySet<string> | undefined {
  const known = folded.get(language);
  if (known !== undefined || !Object.hasOwn(STOP_LISTS, language)) return known;
  const list = new Set(STOP_LISTS[language]?.split(" ").map(fold));
  folded.set(language, list);
  return list;
}
