"""The one table of words and phrases that a question is made of, by the role they play.

Each class is a pattern over lower-case text. Numbers and names are read elsewhere.
"""

import re
from collections.abc import Mapping
from typing import Final

_WORDS: Final[Mapping[str, str]] = {
    # metrics of a latency limit
    "ttft": r"ttf[tb]|time[- ]to[- ](?:the[- ])?(?:first|1st)[- ](?:token|word|byte|character)s?"
    r"|(?:first|1st|initial)[- ](?:output )?(?:token|word|byte|character|chunk)s?(?! limit)"
    r"|(?:start|begin)(?:s|ning|ing)? (?:to |of (?:the )?)?(?:answer|stream|respon|reply|typ|talk|writ"
    r"|generat|output)\w*"
    r"|(?:something|anything|text|words?|first (?:sign|signs) of life|output|(?:the |an )?answer) (?:to "
    r")?(?:appears?|shows? up|appearing|be visible|pops? up)"
    r"|(?:see|seeing|sees) (?:something|anything|text|the first|output|a reaction)|first (?:sign|signs) "
    r"of life|first reaction|to (?:start|begin)(?! with| from| using| over| off| to)"
    r"|until (?:the )?(?:answer|stream|response|output) (?:starts|begins)|time to start\w*"
    r"|prefill (?:time|latency)|(?:start|begin)s?(?= (?:within|inside|in|under|after|below|at most|by"
    r"|no later)\b)",
    "tpot": r"tpot|itl|tbt|(?:time|latency|ms|milliseconds|seconds?) (?:per|for each|for every"
    r"|each) (?:output |generated |further |next |decoded )?tokens?"
    r"|(?:time[- ])?per[- ](?:output[- ]|generated[- ]|next[- ]|decoded[- ])?token(?: latency| time)?"
    r"|inter[- ]?token(?:[- ](?:latency|delay|time|gap))?|(?:time |gap |delay |pause )?between (?:two "
    r"|successive |consecutive |output )?tokens"
    r"|(?:each|every|any) (?:further |next |following |output |additional |single |new )?token|tokens? "
    r"(?:every|each)|token[- ]to[- ]token(?: latency| time)?"
    r"|tokens? (?:latency|interval|gap)|tokens? (?:\w+ ){0,3}?(?:arriv|com|appear|flow"
    r"|stream)\w*(?: in)? (?:every|each)|(?:a|one|1) (?:new |output |next )?token (?:every|per|each"
    r"|in)|token cadence",
    "latency": r"time to (?:the )?last (?:token|word|byte)"
    r"|(?:whole|entire|full|complete) \ufffc+ (?:calls?|requests?|answers?|responses?)"
    r"|(?:whole|entire|full|complete|total|overall)[- ](?:calls?|requests?|answers?|responses?"
    r"|repl(?:y|ies)|latency|time|duration)"
    r"|end[- ]to[- ]end(?: latency| time)?|e2e(?: latency)?|latenc(?:y|ies)|response[- ]times?"
    r"|turn[- ]?around(?: time)?"
    r"|answer(?:s|ed|ing)?(?: times?)?|respon(?:d|ds|se|ses|ding)|repl(?:y|ies|ying)|finish(?:es|ed)?"
    r"|complet(?:e|es|ed|ion|ions)"
    r"|waits?|waiting(?: times?)?|delays?|durations?|calls?|requests?|quer(?:y|ies)|take(?:s)?(?! care)"
    r"|(?:come|comes) back"
    r"|return(?:s|ed)?|round[- ]?trips?|total(?! cost| bill| spend| throughput| budget| of \$)"
    r"|overall(?! cost| bill| spend| throughput| budget)|end2end|slo|sla|done|llamada|speed"
    r"|be (?:over|through)(?= (?:with)?in\b| after\b| by\b| under\b)",
    # what a share or a factor is about
    "average": r"average|mean|avg",
    # comparators
    "at_most": r"(?:no|not|never)[- ](?:\w+ )?(?:more|longer|higher|greater|slower|later|bigger|larger"
    r"|dearer|worse)(?: \w+)? than"
    r"|(?:not|n't|never|cannot|can not) (?:be |go |get |take |cost |spend |rise |exceed|pass "
    r"|be allowed to )?(?:exceed|over|above|beyond|more than|longer than|past|higher than)"
    r"|(?:not|n't|never|cannot) (?:ever )?(?:exceed|surpass|top|pass|break)"
    r"|at (?:the )?most|at or (?:below|under)|or (?:less|lower|below|under|faster|better|fewer|quicker"
    r"|sooner)|max(?:imum|imal)?(?: of)?|maximally"
    r"|up to|under(?:neath)?|below|beneath|less than|lower than|fewer than|faster than|quicker than"
    r"|within|inside|sub|tops?|cap(?:ped|s)?(?: at| of| to)?"
    r"|limit(?:ed|s)?(?: of| to| at| is)?|ceiling(?: of)?|budget|upper bound(?: of)?|at the latest"
    r"|or under|not? later than",
    "at_least": r"at (?:the )?(?:very )?least|no (?:less|fewer|lower|slower) than|not (?:less|fewer) than"
    r"|min(?:imum|imal)?(?: of)?"
    r"|more than|over|above|or more|upwards of",
    # moods
    "ask": r"must|need(?:s|ed)?(?! not)|want(?:s|ed)?|would like|'d like|should|ought to|ha(?:s|ve) to"
    r"|got to|gotta|let's|please|aim(?:s|ing)?|target(?:s|ing)?|goals?|can we"
    r"|could we|can you|could you|can i|could i|how (?:do|can|could|would|should|to)|what would"
    r"|what (?:do|must|should) (?:we|i)|would do|will do|is ok|is okay|be ok"
    r"|would be (?:fine|great|nice|enough|good)|i'd|we'd|shall|required?|requirements?|ask(?:s|ing)? for"
    r"|demands?|hope|wish|expect(?:s|ed|ing)? (?:us|it) to|worst we|tolera\w+|(?:fine|happy|ok|okay"
    r"|content|satisfied|comfortable|good|live|do) with|'d be (?:fine|happy|ok|okay)|accept(?:able)?"
    r"|allow(?:ed"
    r"|s)?"
    r"|slo|sla|contract|objective|promised"
    r"|(?<=we )promise|guarantee[sd]?|commit(?:ted|ment)?|in need of|looking for"
    r"|(?:told|asked|ordered|instructed|tasked|supposed|urged|obliged|expected|mandated|challenged|tells"
    r"|asks|orders)"
    r" (?:(?:us|me|him|her|them|everyone|everybody|the team|my team|our team|engineering) )?to"
    r"|tasked with|mandates?|directives?|instructions?|our aim|the aim|ambition|objective is|insist\w*"
    r"|settle for|aspir\w+|would love|'d love|would prefer|'d prefer|keen to|trying to|try to|plan to|hoping"
    r"|i'm after|we're after|be after|supposed to|crave|wishing"
    r"|(?<!used )to spend|all we (?:have|can)|afford|bring|make|get|keep|reduce|lower|maintain|hold"
    r"|ensure|save",
    "claim": r"(?:vendors?|competitors?|competition|sales(?:people| rep| team)?|consultants?"
    r"|blog(?: post)?|article|reddit|paper|benchmarks?|marketing|salesm[ae]n|suppliers?|providers?|analysts?"
    r"|agency|startup|colleagues?|coworkers?|friends?|forums?|posts?|twitter|linkedin|slack|tool|they|he"
    r"|she|someone|somebody|people|website|brochure|datasheet"
    r"|documentation|docs)"
    r"(?: \w+){0,4}? (?:promis|claim|say|said|quot|advertis|report|boast|pitch|guarante|state|offer|tout"
    r"|suggest|tell|told|assur|swear|show|brag|predict|estimat)\w*"
    r"|(?:an?|the|some|one|every|another|that|this|their) (?:[\w-]+ ){0,3}?(?:says|said|claims?|claimed"
    r"|promises|promised|guarantees"
    r"|shows|showed|suggests|suggested|reports|reported|reckons|insists|states|advertises)(?! (?:we|us|to"
    r"|that we) (?:must|should|need|have))"
    r"|(?:promis|claim|advertis|boast|touted|allegedly|supposedly|according to|i (?:read|heard)"
    r"|we (?:read|heard)|heard that)\w*|(?:was|were) (?:told|promised)(?! to\b)|(?:told|tells|assured"
    r"|assures|swears?|swore) (?:us|me|everyone|everybody|them)(?! to\b)"
    r"|(?:offered|quoted|promised|proposed) (?:us|me)"
    r"|(?<!contract )(?<!sla )(?<!slo )(?:quotes|promises|claims|offers|advertises|boasts|guarantees"
    r"|estimates|reckons|says|pitches|touts|swears|thinks|believes|predicts|reports)(?: (?:us|me|that|its"
    r"|their|a|an|up|about|roughly|we|savings|at least)|(?= \S{0,2}\d))"
    r"|(?:says|claims|promises|boasts|touts|swears|reckons|advertises)(?= \ufffc)",
    "past": r"last (?:year|month|quarter|week|wk|mo|yr|qtr|few|couple|two|three|six|twelve|7|14|30|90|spring"
    r"|summer|autumn|fall|winter|sprint|night|time|january"
    r"|february|march|april|may|june|july|august|september|october|november|december)"
    r"|(?:years?|months?|weeks?|days?|hours?|quarters?) ago|used to|(?<!it )was|were|had(?! to)|did|made"
    r"|caused|resulted|went|grew|rose|fell|dropped|jumped|climbed|spent|paid|tried|became|got|saved"
    r"|reached|hit|crept|shrank|sank"
    r"|burn(?:ed|t)|blew|shot up|came (?:in |out )?(?:at|to)|ended up|wound up|racked up|clocked|averaged"
    r"|totall?ed"
    r"|amounted|stood at|ate|lost|peaked|overspent|overshot|slipped|plummeted|skyrocketed|leap(?:t|ed)|took"
    r"|(?:we|i|they|he|she|it|that|this|which|team|company|provider|vendor|bill|cost|costs|spend"
    r"|traffic|usage|load) (?:\w+ly |just |only |all |also |once |even )?(?!need|want|exceed|speed|feed"
    r"|succeed|proceed)"
    r"[a-z]{2,}ed(?! to (?:be|have|cut|get|save|reduce|stay|keep)\b)"
    r"|ytd|to date|until now|till now|up to now|recently|lately|back (?:in|at) (?=[a-z]+ ?(?:20[0-9]|[,.]"
    r"|when|we|our)|spring|summer|autumn|winter|q[1-4])|earlier this|the other day"
    r"|(?:in|over|during|for|within) the (?:last|past)|these past|this past|has been|have been|had been"
    r"|(?:has|have|\w+'ve|ha) (?:already |just |recently |now |since |almost |nearly |more than |gone "
    r"|been )*(?:grown|risen|increased|doubled|tripled|gone|gotten|been|dropped|fallen|cut|reduced|saved"
    r"|become|improved|jumped|climbed|shrunk|halved|declined|decreased|exploded|crept|spent|paid|tried"
    r"|seen|hit|reached|achieved|lowered|got)"
    r"|(?:has|have|\w+'ve|\w+'s) (?:\w+ly )?(?!signed|committed|contracted|agreed)[a-z]{3,}ed"
    r"|ballooned|exploded|soared|surged|climbed"
    r"|(?:traffic|usage|load|volume|demand|bill|costs?|spend|spending) (?:\w+ly |more than )?"
    r"(?:doubled|tripled|quadrupled|halved)"
    r"|already|previously|formerly|in the past|over the past|so far|since|yesterday|prior|historically"
    r"|year over year|yoy|month over month",
    "dated": r"in (?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r"|in q[1-4]|this (?:week|month|quarter|year)",
    "present": r"currently|rn|atm|today|right now|at the moment|at present|presently|as of now|these days"
    r"|nowadays|now|is running at|runs? at|sits? at|hovers?|is at|are at|we're at|we are at"
    r"|stands? at|is around|costs us"
    r"|(?:we|i|they|it) (?:\w+ly )?(?:pay|spend|run|serve|send|process|handle|see|measure|observe|consume"
    r"|burn through|go through|stream|deliver|reach|shell out|fork out|achieve|have"
    r"|own|make|get billed|use|lose|waste|burn|throw away)|(?:are|\w+'re|am|is) (?:paying|spending"
    r"|running|seeing|getting|sending"
    r"|burning)"
    r"|spends|pays|takes|is(?= \S{0,2}\d)|are(?= \S{0,2}\d)|our (?:current|present)|current(?! budget)"
    r"|amounts? to|comes? to|averages|of (?:our|the) (?:traffic|calls|requests|bill|spend|cost|costs"
    r"|users|tokens)",
    "future": r"will|\w+'ll|going to|about to|expect\w*|forecast\w*|plan(?:s|ned|ning)?(?! says)|prepar\w*"
    r"|anticipat\w*|if|suppose|assum\w*|what if|next (?:week|month|quarter|year)|soon|coming"
    r"|sign(?:ed|ing)|onboard\w*|launch\w*|by (?:january|february|march|april|may|june|july"
    r"|august|september|october|november|december)"
    r"|from (?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r"|upcoming|predict\w*|project(?:ed|ing)|when|once|in case|shall|to grow|to rise|to increase|to double",
    "we_did": r"(?:we|i|they|the team|our team|my team|you) (?:have |'ve |already |just |recently "
    r"|finally |successfully )*(?:cut|reduced|lowered|slashed|saved|trimmed|raised|increased"
    r"|improved|doubled|halved|brought|made|sped|shaved|migrated|negotiated|got|gained|added"
    r"|lost|dropped)\b",
    "question_before_we": r"\b(?:can|could|do|should|would|how|if|will|shall|may|did|must|that|unless"
    r"|until|when|what)\s(?:\w+ ){0,2}?(?:we|i|they|the team|our team|my team|you)\b",
    # corrections
    "correction": r"or rather|rather,|correction|i mean(?:t)?|sorry|make that|scratch that|no wait"
    r"|wait,? no|wait|new (?:figure|number|value|target|limit|budget|goal)|change (?:it|that"
    r"|this) to|changed (?:it|that)? ?to|it's(?= \S?\d)|instead"
    r"|better(?= \d)|strike that|actually|no,|oops|update:|edit:?|edited:?|revised:?|errat(?:um|a):?|i "
    r"take (?:it|that) back"
    r"|on second thoughts?|er,|erm|hang on|hm+(?=\W*(?:$|[,:;.…–-]|no\b|let's\b|make\b))"
    r"|let's be (?:realistic|reasonable|honest|sensible)",
    "inheriting": r"will do|would do|is enough|suffices|is fine|would be fine|will suffice|is (?:all"
    r"|plenty)|do(?:es)? it|it has to be|it must be|it should be|must be|should be|has to be"
    r"|needs? to be|need|target is|be it",
}
_SIGNS: Final[Mapping[str, str]] = {"at_most": "<=?|≤|⩽", "at_least": ">=?|≥|⩾"}
CLASSES: Final[Mapping[str, re.Pattern[str]]] = {
    name: re.compile(rf"{_SIGNS.get(name, '(?!)')}|(?<![\w-])(?:{words})(?!\w)", re.IGNORECASE)
    for name, words in _WORDS.items()
}
"""The pattern of each class."""


def has(name: str, text: str) -> bool:
    """Return whether `text` has a word of the class.

    >>> has("at_most", "no more than"), has("past", "we were"), has("ttft", "latency")
    (True, True, False)
    """
    return CLASSES[name].search(text) is not None
