"""The words of verdicts: met or missed, cheaper or dearer, ranks, shares, promises, causes and trends."""

import re
from typing import Final


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})(?!\w)", re.IGNORECASE)


NEGATION: Final = _words(
    r"not|no|none|never|cannot|neither|nor|nothing|hardly|without|fail(?:s|ed)? to|unable to|far from"
)
CONTRACTED: Final = re.compile(r"n['’]t\b", re.IGNORECASE)
HEDGE: Final = _words(
    r"would (?:take|need|have to)|if|whether|unless|once|could|may|might|possib\w+|perhaps|worst|unknown|do "
    r"not know|don['’]t know"
    r"|unclear|cannot (?:be )?(?:tell|told|say|know\w*)"
    r"|until|provided|assuming|uncertain|not certain|not sure|needs? (?:an )?evaluation|must be "
    r"evaluated|before"
)
TARGET: Final = _words(
    r"targets?|limits?|goals?|slos?|asked(?: for)?|wanted|budgets?|objectives?|requirements?|wish\w*"
    r"|requested"
)
MET: Final = _words(
    r"met|meets?|meeting|reach(?:es|ed)?|hits?|achiev\w+|satisf\w+|fulfil\w*|kept|keeps?|holds?|held"
    r"|respect(?:s|ed)|within (?:its|the|their|your)"
    r"|on target|under (?:the |your |its )?(?:\w+ )?(?:budget|limit|target)|in reach|within reach|fits?"
    r"|attain\w*|deliver\w*"
    r"|stays? (?:under|below|within)|delivers?"
)
MISSED: Final = _words(
    r"miss(?:es|ed)?|break(?:s|ing)?|broken|broke|violat\w*|exceed\w*|out of reach|unmet|falls? short"
    r"|fell short|over (?:its|the|their|your)(?! (?:log|window|day|whole log))"
    r"|breach\w*|above (?:its|the|their|your)|beyond reach|fails?|unattainable|unreachable"
)
GOOD: Final = _words(
    r"cheaper|cheapest|saves?|pays?(?: off| for itself)?|worth(?:while)?|lowers?|cuts?|reduces?|less "
    r"expensive|economical|profitable|beneficial"
    r"|recommended|should be (?:used|adopted|done|turned on|enabled|applied)|good (?:idea|choice|deal)"
    r"|best (?:option|choice)|bargain|makes sense"
    r"|advisable|you should|we should|attractive|beats?"
)
BAD: Final = _words(
    r"dearer|more expensive|most expensive|costlier|costs? (?:you )?(?:\S+ )?(?:a month )?more|cost "
    r"more|raises?|increases?|loses? money|lose money|(?:should be|to be|best|better) avoided"
    r"|bad (?:idea|choice|deal)|waste of|pointless|useless|adds? to the (?:bill|cost)|not worth|should "
    r"be (?:left|skipped)|drives? up|rises?|grows?|goes up"
    r"|makes? (?:\S+ ){1,4}?(?:\S+ % )?(?:larger|bigger|higher|dearer)"
)
WORTH: Final = _words(
    r"worth(?:while| doing| it| the (?:effort|trouble))|recommended|should be (?:done|used|adopted|applied)"
    r"|pays? off|makes sense|good idea|saves? (?:you )?(?:a lot|a fortune|plenty)|huge|massive"
    r"|substantial(?:ly)?"
    r"|significant(?:ly)?|considerabl[ey]"
)
ORDER: Final = re.compile(
    r"^\W*(?:please |now |first,? |then |next,? |just )*(?:self-?host|rent|buy|host|leave the api|move "
    r"(?:everything |all |your traffic )?to (?:your )?own)\b",
    re.IGNORECASE,
)
BAN: Final = re.compile(
    r"^\W*(?:please |so )?(?:do not|don['’]t|never|avoid|stop|skip|forget(?: about)?|leave out) (?:use "
    r"|using |turn on |enabl\w+ |adopt\w* |bother with |do |send\w* .{0,30})?"
    r"(?:the )?(?=\w)",
    re.IGNORECASE,
)
ON_API: Final = _words(r"stay(?:ing)? (?:on|with) the api|the api")
MOST: Final = re.compile(
    r"(?<!at )(?<!the )(?<!\bof )(?<!for )\b(?P<word>most|(?:a|the) (?:large |vast )?majority|more than "
    r"half|over half"
    r"|nearly all|almost all|virtually all|hardly any|almost no(?:ne)?"
    r"|very few|(?:only )?a handful|only a few|few|none|every second|all|each(?= of)|every|no|half|the "
    r"bulk|the "
    r"lion's share)\b(?: of)?(?: the| "
    r"your| these| our| all| its)*\s*"
    r"(?:[0-9][0-9,.]* |repeated |duplicate[d]? |failed |identical )?(?P<what>calls?|requests?"
    r"|tokens?|answers?|prompts?|bill|costs?|spend(?:ing)?|savings?|failures?"
    r"|money|traffic)?\b",
    re.IGNORECASE,
)
SMALL: Final = _words(
    r"(?:barely|hardly|scarcely) (?:registers?|matters?|shows?|counts?|weighs?|costs? anything)"
    r"|negligible|insignificant"
    r"|a rounding error|peanuts|trivial|immaterial"
)
LARGE: Final = _words(r"dominat\w+|eats? up most|makes? up the bulk|swallows?")
HIGHEST: Final = _words(
    r"most expensive|costliest|dearest|priciest|biggest|largest|highest|top|heaviest|greatest|main"
    r"|leading|number one|(?<!at )most"
)
LOWEST: Final = _words(r"cheapest|smallest|lowest|(?<!at )least|least expensive|tiniest")
SLOWEST: Final = _words(
    r"(?:worst|longest|highest|largest|heaviest) (?:tail|p99|latenc\w+|response times?|median)(?: latenc\w+)?"
    r"|slowest(?! (?:one|[0-9]+) ?(?:%|percent)| (?:calls?|answers?|requests?))"
)
FASTEST: Final = _words(
    r"(?:best|shortest|lowest) (?:tail|p99|latenc\w+|response times?|median)(?: latenc\w+)?|fastest"
    r"|quickest|snappiest"
)
BUSIEST: Final = _words(r"busiest|most used|most (?:calls|requests|traffic)|most frequent\w*|most popular")
MORE_THAN: Final = re.compile(
    r"\b(?P<word>slower|faster|quicker|cheaper|dearer|costlier|pricier|busier|bigger|larger|smaller"
    r"|more expensive|less expensive"
    r"|(?P<verb>costs?|saves?|save|makes?|brings?|spends?|takes?|reads?|writes?)\s(?:you "
    r")?(?P<much>more|less|fewer)(?: calls| money| tokens)?)"
    r"(?: (?:a month|over the log|in total))?\s+than\b",
    re.IGNORECASE,
)
PROMISE: Final = _words(
    r"(?:we|i)(?:['’]re| are|['’]m| am) (?:\w+ )?(?:sure|certain|confident|convinced|positive) (?:that|of)"
    r"|(?:users|customers|people|readers) (?:are|seem|were) (?:\w+ )?(?:happy|satisfied|pleased|delighted)"
    r"|guarantee\w*|for (?:certain|sure)|(?:no|without (?:a )?) ?doubt|bound to|will pass|certain to"
    r"|is certain|are certain|sure to|surely|certainly|undoubtedly|definitely"
    r"|always|no risk|risk-?free|free of risk|without (?:any )?risk"
    r"|no danger|proven|proved|never (?:\w+ )?(?:cuts?|fails?|los\w+|hurts?|changes?|breaks?|affects?"
    r"|costs?)|foolproof"
    r"|(?:users|customers|people|readers|clients) (?:will|would) (?:be|like|love|prefer|enjoy|get)"
    r"|(?:users|customers|people|readers|clients|nobody|no one|no user|no customer)(?: \w+)? (?:will "
    r"(?:not|never) |won['’]t |would not |do not |does not |ever )?(?:notices?|see a difference|tell "
    r"the difference)"
    r"|will not notice|won['’]t notice|just as (?:good|well|accurate|fast|helpful)|equally (?:good|well"
    r"|accurate)|as (?:good|well|accurate) as"
    r"|(?:same|equal|identical|full|unchanged|better|higher) (?:\w+ )?quality"
    r"|(?:quality|accuracy|correctness|helpfulness) (?:\w+ )?(?:stays?|remains?|is kept|is (?:unchanged"
    r"|unaffected|not affected|the same|safe|preserved|equal|fine)|does not|doesn['’]t|will not"
    r"|won['’]t|improves?|is better|holds?|keeps?)"
    r"|(?:keeps?|preserves?|maintains?|retains?)\b.{0,24}\bquality|no (?:loss|drop|decline|change"
    r"|effect) (?:of|in|on) (?:\w+ )?(?:quality|accuracy|answers)|without (?:any )?(?:loss|losing"
    r"|drop)\w*(?: of| in)? (?:\w+ )?(?:quality|accuracy)?"
    r"|no answers? (?:gets?|will|is|are|becomes?|suffers?)|(?:nothing|none) (?:can |will )?(?:breaks?"
    r"|goes? wrong|suffers?|gets? worse|is lost)"
    r"|answers? (?:stay|remain|are|will be|get)s? (?:just |exactly |every bit |fully )?(?:as good"
    r"|the same|equally|better"
    r"|identical|unchanged|no worse)|more helpful|smarter|never makes?|makes? no mistakes?|no worse"
    r"|indistinguishable|perfect(?:ly)?|flawless\w*|best "
    r"possible|optimal|cannot be (?:beaten|improved)|happier|delighted|(?:see|notice|feel)s? no "
    r"(?:difference|change)|(?:is|are) (?:\w+ )?safe|safe to|(?:cannot|can['’]t|can never|will never"
    r"|will not|won['’]t|never) (?:\w+ )?(?:return|give|fail|hurt|lose|go wrong|be wrong|break|produce"
    r"|harm|worsen|degrade|affect)\w*|(?:better|more accurate|smarter|more reliable|safer|more "
    r"helpful) (?:answers|than|quality|results)|100 ?% safe|completely safe|entirely safe|perfectly "
    r"safe"
)
EVALUATED: Final = _words(
    r"(?:evaluations?|tests?|trials?)(?: of \S+)? (?:has|have|was|were|is|are) (?:already |all |now "
    r")?(?:passed|done|succeeded|been|complete\w*|positive|successful)"
    r"|(?:has|have) (?:already )?(?:passed|been (?:evaluated|tested|judged|proven))|was (?:already "
    r")?(?:evaluated|tested|judged)|were (?:already )?(?:evaluated|tested|judged)"
    r"|(?:evaluations?|tests?|trials?) (?:came|turned|went) (?:back |out )?(?:positive|fine|well|good|ok)"
    r"|already (?:evaluated|tested|passed|judged)|passed (?:its|the|all|every) (?:evaluations?|tests?)"
)
DONE: Final = _words(
    r"(?:has|have) (?:already|just|now|recently) (?:enabled|switched|turned|adopted|deployed|rolled"
    r"|implemented|activated"
    r"|moved|cut|introduced|set|started|applied)|(?:has|have) (?:already |now |just )?been (?:switched on"
    r"|turned on|enabled|implemented|deployed"
    r"|rolled out"
    r"|applied|adopted|set up|activated|done)|(?:was|were) (?:already )?(?:switched on|turned on"
    r"|enabled|implemented"
    r"|deployed|rolled out|activated)|(?:is|are) already (?:on|active|enabled|in place|running|live)"
)
NO_EVALUATION: Final = _words(
    r"no (?:further )?evaluations? (?:is |are )?(?:needed|required|necessary)|needs? no (?:further "
    r")?evaluation|without (?:an |any )?(?:further )?evaluations?"
    r"|(?:do|does|need)(?: not|n['’]t) (?:need to |have to )?(?:be )?evaluat\w*|no need to evaluate"
    r"|does not need (?:an |any )?evaluation|skip the evaluation|evaluation (?:is )?(?:not needed"
    r"|unnecessary)|right away|immediately|straight away"
)
CAUSE: Final = re.compile(
    r"\b(?:(?:were|are) all(?= (?:timeouts?|time-outs?|rate[- ]limit\w*|server|network|refus\w+|bugs?)\b)"
    r"|because(?: of)?|arises? from|originat\w+ (?:in|from)|since (?=(?:the|an?|our|your) )|due to"
    r"|caused by|thanks to|as a result of|owing to|the reason (?:is|being)"
    r"|on account of|driven by|stems? from|com(?:es?|ing) from|came from|blame\w*|explained by"
    r"|results? from)\b(?P<cause>[^.;]*)",
    re.IGNORECASE,
)
TREND: Final = _words(
    r"grew|rose|fell|got (?:slower|faster|worse|better|cheaper|dearer)|bec[ao]me (?:slower|faster|worse"
    r"|better|cheaper)|has (?:\w+ )?(?:grown|risen|fallen|doubled|tripled|halved|dropped|improved"
    r"|worsened|increased|decreased|declined)"
    r"|have (?:\w+ )?(?:grown|risen|fallen|doubled|tripled|dropped|improved|worsened|increased"
    r"|decreased|declined)|doubled|tripled|worsened|degraded|surged|spiked|soared|plunged"
    r"|(?:is|are|keeps?|has been|have been) (?:\w+ )?(?:growing|rising|falling|improving|worsening"
    r"|declining|shrinking|climbing|increasing|decreasing)"
    r"|getting (?:slower|worse|better|faster|cheaper|dearer|more expensive)|settles?|trend\w*|last "
    r"(?:week|month|quarter|year)|yesterday|since (?:last|the (?:release|launch|migration|update))"
    r"|(?:models?|prices?) (?:get|become)s?"
)
FASTER: Final = re.compile(
    r"\b(?:mak\w+ .{0,30}?(?:faster|quicker|slower)|speeds? .{0,20}?up|sped up|(?:improves?|lowers?"
    r"|cuts?|halves?|reduces?|shortens?) (?:the |your |p99 |whole )*(?:latenc\w+|ttft|wait\w*|response "
    r"times?)"
    r"|latenc\w+ (?:drops|improves|falls|halves|shrinks)|(?:answers?|calls?|responses?) (?:get|become"
    r"|arrive|are|run)s? (?:much |far |twice as )?(?:faster|sooner|quicker|slower|fast)"
    r"|(?:faster|slower) (?:answers|calls|responses))\b",
    re.IGNORECASE,
)
ADVERB_FASTER: Final = re.compile(r"\b(?:faster|slower|quicker)\b(?! than)", re.IGNORECASE)
FOR_EVER: Final = _words(
    r"served (?:for (?:years|ever)|forever|indefinitely)|(?:stays?|remains?) (?:available|in service"
    r"|supported)|not going away"
)
TOO_SHORT: Final = _words(
    r"too (?:short|small|little)|(?:not|n['’]t) (?:enough|sufficient)(?: data| calls)?|insufficient"
)
FREE: Final = _words(r"costs? (?:you )?nothing|for free|free of charge|cost-?free")
SLOWER: Final = _words(r"slower")
NO_SAVING: Final = _words(
    r"(?:bill|costs?|spend\w*) (?:stays?|remains?|is) (?:the same|unchanged|flat)"
    r"|(?<!you )(?<!we )changes? nothing(?! (?:about|for|to|in)\b(?! the (?:bill|costs?)))|no "
    r"(?:effect|impact) on the bill"
    r"|saves? (?:you )?(?:nothing|no money|little)|nothing (?:here |else )?can be saved|nothing to "
    r"(?:save|gain|improve)|no savings?(?: (?:is|are) possible)?(?! counts?)|cannot be (?:lowered|reduced"
    r"|made "
    r"cheaper)|nothing (?:here )?is worth"
)
RETIRED: Final = _words(
    r"(?:be |is |are |being |been )?(?:retired|deprecated|sunset|discontinued|shut down|withdrawn)"
    r"|retires?|no longer (?:be )?served|end of life|retirements?"
)
EXCLUSIVE: Final = re.compile(
    r"\b(?:hold(?:s|ing)?(?: true)? (?:for|in|of)\b.{0,60}\bonly|only (?:for|in|on|from) |all (?:of "
    r"them )?(?:come|comes|came|stem|stems|are caused|happen|happened|arise)|exclusively|solely"
    r"|concentrated)\b",
    re.IGNORECASE,
)
SPAN: Final = re.compile(
    r"\b(?:covers?|spans?|lasts?|runs? over|holds?|contains?)\s(?:(?P<more>a little over|just over"
    r"|more than|over)\s)?(?:about |roughly |nearly |almost |some )?"
    r"(?:an?|one|a whole|a full)\s(?P<period>hour|day|week|month|quarter|year)\b(?!['’]s)",
    re.IGNORECASE,
)
