/** English words that say nothing about what a document is about, in folded form. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    "a about above after again against all also am an and any are as at be because been before being below between both but by " +
    "can cannot could did do does doing done down during each either etc few for from further get give had has have having he her " +
    "here hers him his how however i if in into is it its itself just let like made make many may me might more most much must my " +
    "neither no nor not now of off on once one only or other our ours out over own please same shall she should since so some such " +
    "tell than that the their theirs them then there these they this those through thus to too under until up upon us use used " +
    "using very via was way we were what when where whether which while who whom whose why will with within without would yet you " +
    "your yours"
  ).split(" "),
);
