"""The words of verdicts: a target met or missed, cheaper or dearer, ranks, shares, promises, causes and trends."""

import re
from typing import Final


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})(?!\w)", re.IGNORECASE)


NEGATION: Final = _words(
    r"not|no|never|cannot|neither|nor|nothing|hardly|without|fail(?:s|ed)? to|unable to|far from"
)
CONTRACTED: Final = re.compile(r"n['’]t\b", re.IGNORECASE)
HEDGE: Final = _words(
    r"if|whether|unless|once|could|may|might|possib\w+|perhaps|worst|unknown|do not know|don['’]t know|unclear|cannot (?:be )?(?:tell|told|say|know\w*)"
    r"|until|provided|assuming|uncertain|not certain|not sure|needs? (?:an )?evaluation|must be evaluated|before"
)
TARGET: Final = _words(r"targets?|limits?|goals?|slos?|asked(?: for)?|wanted|budgets?|objectives?|requirements?|wish\w*|requested")
MET: Final = _words(
    r"met|meets?|meeting|reach(?:es|ed)?|hits?|achiev\w+|satisf\w+|fulfil\w*|kept|keeps?|holds?|held|respect(?:s|ed)|within (?:its|the|their|your)"
    r"|on target|in reach|within reach|fits?|attain\w*|deliver\w*|stays? (?:under|below|within)|delivers?"
)
MISSED: Final = _words(
    r"miss(?:es|ed)?|break(?:s|ing)?|broken|broke|violat\w*|exceed\w*|out of reach|unmet|falls? short|fell short|over (?:its|the|their|your)"
    r"|breach\w*|above (?:its|the|their|your)|beyond reach|fails?|unattainable|unreachable"
)
GOOD: Final = _words(
    r"cheaper|cheapest|saves?|pays?(?: off| for itself)?|worth(?:while)?|lowers?|cuts?|reduces?|less expensive|economical|profitable|beneficial"
    r"|recommended|should be (?:used|adopted|done|turned on|enabled|applied)|good (?:idea|choice|deal)|best (?:option|choice)|bargain|makes sense"
    r"|advisable|you should|we should|attractive|beats?"
)
BAD: Final = _words(
    r"dearer|more expensive|most expensive|costlier|costs? (?:you )?(?:\S+ )?(?:a month )?more|cost more|raises?|increases?|loses? money|lose money|avoid(?:ed)?"
    r"|bad (?:idea|choice|deal)|waste of|pointless|useless|adds? to the (?:bill|cost)|not worth|should be (?:left|skipped)|drives? up"
)
ORDER: Final = re.compile(
    r"^\W*(?:please |now |first,? |then |next,? |just )*(?:self-?host|rent|buy|host|leave the api|move (?:everything |all |your traffic )?to (?:your )?own)\b",
    re.IGNORECASE,
)
ON_API: Final = _words(r"stay(?:ing)? (?:on|with) the api|the api")
MOST: Final = re.compile(
    r"(?<!at )(?<!the )\b(?P<word>most|(?:a|the) (?:large |vast )?majority|more than half|over half|nearly all|almost all|virtually all|hardly any|almost no(?:ne)?"
    r"|very few|few|none|every second|all|every|no|half|the bulk|the lion's share)\b(?: of)?(?: the| your| these| our| all| its)*\s*"
    r"(?P<what>calls?|requests?|tokens?|answers?|prompts?|bill|costs?|spend(?:ing)?|savings?|failures?|money|traffic)?\b",
    re.IGNORECASE,
)
HIGHEST: Final = _words(
    r"most expensive|costliest|dearest|priciest|biggest|largest|highest|top|heaviest|greatest|main|leading|number one|most"
)
LOWEST: Final = _words(r"cheapest|smallest|lowest|least|least expensive|tiniest")
SLOWEST: Final = _words(r"slowest")
FASTEST: Final = _words(r"fastest|quickest|snappiest")
BUSIEST: Final = _words(r"busiest|most used|most (?:calls|requests|traffic)|most frequent\w*|most popular")
MORE_THAN: Final = re.compile(
    r"\b(?P<word>slower|faster|quicker|cheaper|dearer|costlier|pricier|busier|bigger|larger|smaller|more expensive|less expensive"
    r"|(?P<verb>costs?|saves?|save|makes?|brings?|spends?|takes?|reads?|writes?)\s(?:you )?(?P<much>more|less|fewer)(?: calls| money| tokens)?)"
    r"(?: (?:a month|over the log|in total))?\s+than\b",
    re.IGNORECASE,
)
PROMISE: Final = _words(
    r"guarantee\w*|certain to|is certain|are certain|sure to|surely|certainly|undoubtedly|definitely|always|no risk|risk-?free|free of risk|without (?:any )?risk"
    r"|no danger|proven|proved|never (?:\w+ )?(?:cuts?|fails?|los\w+|hurts?|changes?|breaks?|affects?|costs?)|foolproof"
    r"|(?:users|customers|people|readers|clients|nobody|no one|no user|no customer)(?: \w+)? (?:will (?:not|never) |won['’]t |would not |do not |does not |ever )?(?:notices?|see a difference|tell the difference)"
    r"|will not notice|won['’]t notice|just as (?:good|well|accurate|fast|helpful)|equally (?:good|well|accurate)|as (?:good|well|accurate) as"
    r"|(?:same|equal|identical|full|unchanged|better|higher) (?:\w+ )?quality"
    r"|qualit(?:y|ies) (?:\w+ )?(?:stays?|remains?|is kept|is (?:unchanged|unaffected|not affected|the same|safe|preserved|equal|fine)|does not|doesn['’]t|will not|won['’]t|improves?|is better|holds?|keeps?)"
    r"|(?:keeps?|preserves?|maintains?|retains?)\b.{0,24}\bquality|no (?:loss|drop|decline|change|effect) (?:of|in|on) (?:\w+ )?(?:quality|accuracy|answers)|without (?:any )?(?:loss|losing|drop)\w*(?: of| in)? (?:\w+ )?(?:quality|accuracy)?"
    r"|no answers? (?:gets?|will|is|are|becomes?|suffers?)|(?:nothing|none) (?:can |will )?(?:breaks?|goes? wrong|suffers?|gets? worse|is lost)"
    r"|answers? (?:stay|remain|are|will be|get)s? (?:just )?(?:as good|the same|equally|better|identical|unchanged|no worse)|no worse|indistinguishable|perfect(?:ly)?|flawless\w*|100 ?% safe|completely safe|entirely safe|perfectly safe"
)
EVALUATED: Final = _words(
    r"(?:evaluations?|tests?|trials?)(?: of \S+)? (?:has|have|was|were|is|are) (?:already |all |now )?(?:passed|done|succeeded|been|complete\w*|positive|successful)"
    r"|(?:has|have) (?:already )?(?:passed|been (?:evaluated|tested|judged|proven))|was (?:already )?(?:evaluated|tested|judged)|were (?:already )?(?:evaluated|tested|judged)"
    r"|already (?:evaluated|tested|passed|judged)|passed (?:its|the|all|every) (?:evaluations?|tests?)"
)
NO_EVALUATION: Final = _words(
    r"no (?:further )?evaluations? (?:is |are )?(?:needed|required|necessary)|needs? no (?:further )?evaluation|without (?:an |any )?(?:further )?evaluations?"
    r"|does not need (?:an |any )?evaluation|skip the evaluation|evaluation (?:is )?(?:not needed|unnecessary)|right away|immediately|straight away"
)
CAUSE: Final = re.compile(
    r"\b(?:because(?: of)?|due to|caused by|thanks to|as a result of|owing to|the reason (?:is|being)|on account of|driven by|stems? from|blame\w*|explained by|results? from)\b(?P<cause>[^.;]*)",
    re.IGNORECASE,
)
TREND: Final = _words(
    r"grew|rose|fell|has (?:\w+ )?(?:grown|risen|fallen|doubled|tripled|halved|dropped|improved|worsened|increased|decreased|declined)"
    r"|have (?:\w+ )?(?:grown|risen|fallen|doubled|tripled|dropped|improved|worsened|increased|decreased|declined)|doubled|tripled|worsened|degraded|surged|spiked|soared|plunged"
    r"|(?:is|are|keeps?|has been|have been) (?:\w+ )?(?:growing|rising|falling|improving|worsening|declining|shrinking|climbing|increasing|decreasing)"
    r"|getting (?:slower|worse|better|faster|cheaper|dearer|more expensive)|settles?|trend\w*|last (?:week|month|quarter|year)|yesterday|since (?:last|the (?:release|launch|migration|update))"
    r"|(?:models?|prices?) (?:get|become)s?"
)
FASTER: Final = re.compile(
    r"\b(?:mak\w+ .{0,30}?(?:faster|quicker|slower)|speeds? .{0,20}?up|sped up|(?:improves?|lowers?|cuts?|halves?|reduces?|shortens?) (?:the |your |p99 |whole )*(?:latenc\w+|ttft|wait\w*|response times?)"
    r"|latenc\w+ (?:drops|improves|falls|halves|shrinks)|(?:answers?|calls?|responses?) (?:get|become|arrive|are|run)s? (?:much |far |twice as )?(?:faster|sooner|quicker|slower|fast)"
    r"|(?:faster|slower) (?:answers|calls|responses))\b",
    re.IGNORECASE,
)
SLOWER: Final = _words(r"slower")
NO_SAVING: Final = _words(
    r"nothing (?:here |else )?can be saved|nothing to (?:save|gain|improve)|no savings?(?: (?:is|are) possible)?|cannot be (?:lowered|reduced|made cheaper)|nothing (?:here )?is worth"
)
RETIRED: Final = _words(
    r"(?:be |is |are |being |been )?(?:retired|deprecated|sunset|discontinued|shut down|withdrawn)|retires?|no longer (?:be )?served|end of life|retirements?"
)
EXCLUSIVE: Final = re.compile(
    r"\b(?:hold(?:s|ing)?(?: true)? (?:for|in|of)\b.{0,60}\bonly|only (?:for|in|on|from) |all (?:of them )?(?:come|comes|came|stem|stems|are caused|happen|happened|arise)|exclusively|solely|concentrated)\b",
    re.IGNORECASE,
)
